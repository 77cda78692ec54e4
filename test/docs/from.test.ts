/** docs/from-*.md: what their configs become is valid, and does what the page says it does. */
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { UpstreamRequest } from '../../src/core/call.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { Page } from '../helpers/page.ts';
import { startIssuer } from '../plugins/issuer.ts';
import { served } from './served.ts';

const KEY = 'acme-3f9c1e7ab52d40c8916e';

/** The config at the end of a page's example. */
const becomes = (name: string): string =>
  new Page(`docs/from-${name}.md`).blocks('yaml').find((text) => text.startsWith('version: 1'))!;

/** Upstreams that note what they are asked, as `upstream METHOD path`. */
function noting(...names: readonly string[]) {
  const asked: string[] = [];
  const calls: UpstreamRequest[] = [];
  const note: FakeUpstream = (call) => {
    asked.push(`${call.upstream} ${call.method} ${call.path}`);
    calls.push(call);
    return { body: {} };
  };
  return { asked, calls, upstreams: Object.fromEntries(names.map((name) => [name, note])) };
}

test.each([
  ['kong', 'yaml', '_format_version'],
  ['traefik', 'yaml', 'http'],
  ['krakend', 'json', 'endpoints'],
  ['express-gateway', 'yaml', 'pipelines'],
])(
  'docs/from-%s.md begins its example with a config of theirs that can be read',
  (name, language, key) => {
    const [theirs] = new Page(`docs/from-${name}.md`).blocks(language);
    const config = (language === 'json' ? JSON.parse(theirs!) : parse(theirs!)) as object;
    expect(config).toHaveProperty(key);
  },
);

describe('docs/from-kong.md', () => {
  test('strips the path, adds that of the service, and asks for the key', async () => {
    const { asked, upstreams } = noting('orders', 'status');
    const { fetch } = await served(becomes('kong'), { upstreams });
    expect((await fetch('/api/orders/42')).status).toBe(401);
    const origin = 'https://shop.example.com';
    const response = await fetch('/api/orders/42', { headers: { 'x-api-key': KEY, origin } });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
      200,
      origin,
    ]);
    expect(response.headers.get('ratelimit-policy')).toContain('q=60;w=60');
    expect((await fetch('/api/orders-old', { headers: { 'x-api-key': KEY } })).status).toBe(404);
    await fetch('/status/live');
    expect(asked).toEqual(['orders GET /v1/42', 'status GET /status/live']);
  });
});

describe('docs/from-traefik.md', () => {
  const { server: _server, ...config } = parse(becomes('traefik')) as Record<string, unknown>;

  test('asks the service for authorization, strips the prefix, and redirects', async () => {
    const { asked, calls, upstreams } = noting('shop');
    const { url } = await startGateway({
      config,
      upstreams: {
        ...upstreams,
        auth: ({ headers, path }) => {
          asked.push(`auth ${path}`);
          return headers['authorization'] === 'good'
            ? { headers: { 'x-user-id': 'u7' } }
            : { status: 401 };
        },
      },
    });
    const ask = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
      const { get } = await import('node:http');
      return new Promise<{ status: number; location: string | undefined }>((resolve, reject) => {
        get(url + path, { headers: { host: 'shop.example.com', ...headers } }, (response) => {
          response.resume();
          resolve({ status: response.statusCode!, location: response.headers.location });
        }).on('error', reject);
      });
    };
    expect((await ask('/api/cart')).status).toBe(401);
    expect((await ask('/api/cart', { authorization: 'good', 'x-user-id': 'forged' })).status).toBe(
      200,
    );
    expect(calls[0]?.headers['x-user-id']).toBe('u7');
    expect((await ask('/apiary')).status).toBe(404);
    expect(await ask('/legacy')).toEqual({ status: 308, location: '/api/' });
    expect(asked).toEqual(['auth /verify', 'auth /verify', 'shop GET /cart']);
  });
});

describe('docs/from-krakend.md', () => {
  test('composes the summary, for bearers of a token', async () => {
    const { issuer, jwks } = await startIssuer('https://login.example.com');
    const asked: string[] = [];
    const { fetch } = await served(becomes('krakend'), {
      environment: { JWKS_URL: jwks },
      upstreams: {
        orders: ({ path, headers }) => {
          asked.push(`${path} for ${String(headers['x-user-id'])}`);
          return { body: { id: '42', status: 'shipped', customerId: 'u1', margin: 1 } };
        },
        users: ({ path }) => {
          asked.push(path);
          return { body: { name: 'Ada', email: 'ada@example.org' } };
        },
        catalog: ({ path }) => ({ body: path }),
      },
    });
    expect((await fetch('/orders/42/summary')).status).toBe(401);
    const authorization = `Bearer ${issuer.sign({ sub: 'u7' })}`;
    const response = await fetch('/orders/42/summary', { headers: { authorization } });
    expect(await response.json()).toEqual({
      order: { id: '42', status: 'shipped', customerId: 'u1' },
      customer: { name: 'Ada' },
    });
    expect(asked).toEqual(['/orders/42 for u7', '/users/u1']);
    expect(await (await fetch('/products/p1')).text()).toBe('/products/p1');
  });
});

describe('docs/from-express-gateway.md', () => {
  test('keeps the path of one endpoint, and strips that of the other', async () => {
    const { asked, upstreams } = noting('orders', 'catalog');
    const { fetch } = await served(becomes('express-gateway'), { upstreams });
    expect((await fetch('/api/orders/42')).status).toBe(401);
    expect((await fetch('/api/orders/42', { headers: { 'x-api-key': KEY } })).status).toBe(200);
    await fetch('/catalog/products/p1');
    expect(asked).toEqual(['orders GET /api/orders/42', 'catalog GET /products/p1']);
  });
});
