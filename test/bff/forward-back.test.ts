/** `app.forward` with `rewriteBack`: what the upstream says of itself, as the client must see it. */
import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { describe, expect, test } from 'vitest';
import { type BffApp, defineBff, type ForwardOptions } from 'portico';
import { startGateway } from '../gateway/support/gateway.ts';
import { startUpstream } from '../helpers/upstream.ts';

const BACK = { rewriteBack: true } as const;

/** Mounted at /m; the upstream answers as `say` does, and its name is `UP` in what it says. */
async function mounted(
  register: (app: BffApp<'files'>) => void,
  say: (response: ServerResponse, origin: string) => void,
) {
  const seen: string[] = [];
  const upstream = await startUpstream((request, response) => {
    seen.push(request.url!);
    say(response, upstream.url);
    response.end();
  });
  const { fetch, url } = await startGateway({
    bff: defineBff({ upstreams: ['files'] }, register),
    route: { match: { path: '/m/*' } },
    config: { upstreams: { files: { targets: [upstream.url] } } },
  });
  const ask = async (path: string): Promise<Headers> =>
    (await fetch(path, { redirect: 'manual' })).headers;
  return { ask, url, seen };
}

const location =
  (text: string) =>
  (response: ServerResponse, origin: string): void => {
    response.writeHead(302, { location: text.replace('UP', origin) });
  };

describe('app.forward with rewriteBack', () => {
  test.each<readonly [string, string | undefined, string, string, string]>([
    ['/images/*', '/static/*', '/m/images/a', '/static/b?x=1#y', '/m/images/b?x=1#y'],
    ['/images/*', '/static/*', '/m/images/a', 'b', '/m/images/b'],
    ['/images/*', '/static/*', '/m/images/a', '/login', '/login'],
    [
      '/images/*',
      '/static/*',
      '/m/images/a',
      'https://pay.example/static/b',
      'https://pay.example/static/b',
    ],
    ['/images/*', undefined, '/m/images/a', '/images/b', '/m/images/b'],
    ['/images/*', undefined, '/m/images', '/images/', '/m/images/'],
    ['/images/*', undefined, '/m/images/a', '/login', '/login'],
    ['/*', undefined, '/m/a', '/b', '/m/b'],
    ['/*', '/v1/*', '/m/a', '/v1/b', '/m/b'],
    [
      '/orders/:id/files/*',
      '/files/{id}/*',
      '/m/orders/7/files/x',
      '/files/8/y',
      '/m/orders/8/files/y',
    ],
    [
      '/orders/:order_id/invoice',
      undefined,
      '/m/orders/7/invoice',
      '/orders/8/invoice',
      '/m/orders/8/invoice',
    ],
    ['/logo.png', '/assets/logo.png', '/m/logo.png', '/assets/logo.png', '/m/logo.png'],
  ])('turns round %s sent as %s: %s, sent on to %s', async (pattern, rewrite, path, said, got) => {
    const options: ForwardOptions = { ...BACK, ...(rewrite !== undefined && { rewrite }) };
    const { ask } = await mounted((app) => app.forward(pattern, 'files', options), location(said));
    expect((await ask(path)).get('location')).toBe(got);
  });

  test("replaces the upstream's own host", async () => {
    const { ask, url } = await mounted(
      (app) => app.forward('/images/*', 'files', { ...BACK, rewrite: '/static/*' }),
      location('UP/static/b'),
    );
    expect((await ask('/m/images/a')).get('location')).toBe(`${url}/m/images/b`);
  });

  test('turns round the paths of cookies', async () => {
    const { ask } = await mounted(
      (app) => app.forward('/images/*', 'files', { ...BACK, rewrite: '/static/*' }),
      (response) => {
        response.setHeader('set-cookie', ['a=1; Path=/static', 'b=2; Path=/; Domain=127.0.0.1']);
      },
    );
    expect((await ask('/m/images/a')).getSetCookie()).toEqual([
      'a=1; Path=/m/images',
      'b=2; Path=/; Domain=127.0.0.1',
    ]);
  });

  test('knows the prefix of an instance that it is called on', async () => {
    const { ask, seen } = await mounted((app) => {
      void app.register(
        async (inner: FastifyInstance) => {
          inner.forward('/images/*', 'files', { ...BACK, rewrite: '/static/*' });
          inner.forward('/plain/*', 'files', BACK);
        },
        { prefix: '/nested' },
      );
    }, location('/static/b'));
    expect((await ask('/m/nested/images/a')).get('location')).toBe('/m/nested/images/b');
    expect((await ask('/m/nested/plain/a')).get('location')).toBe('/static/b');
    expect(seen).toEqual(['/static/a', '/nested/plain/a']);
  });

  test('is not the default', async () => {
    const { ask } = await mounted(
      (app) => app.forward('/images/*', 'files'),
      location('/images/b'),
    );
    expect((await ask('/m/images/a')).get('location')).toBe('/images/b');
  });

  test.each<readonly [string, object, string]>([
    ['/*', { rewriteBack: 'yes' }, 'rewriteBack is true or false'],
    [
      '/*',
      { ...BACK, rewrite: '/one' },
      'rewrite cannot be turned round for rewriteBack: it drops what * matched, so every path becomes the same one',
    ],
    [
      '/:id',
      { ...BACK, rewrite: '/{id}/{id}' },
      'rewrite cannot be turned round for rewriteBack: it uses {id} twice',
    ],
  ])('refuses %s with %j', async (pattern, options, why) => {
    const register = (app: BffApp<'files'>): void => app.forward(pattern, 'files', options);
    await expect(mounted(register, location('/'))).rejects.toThrow(why);
  });
});
