import { describe, expect, test } from 'vitest';
import { startGateway } from '../../gateway/support/gateway.ts';
import { request } from '../../gateway/support/socket.ts';
import { startUpstream } from '../../gateway/support/upstream.ts';

/** Answers 302 with the fields that the query gives, in which ORIGIN is its own. */
async function startRedirecting(): Promise<string> {
  const origin = await startUpstream(({ url }, response) => {
    const { searchParams, pathname } = new URL(url!, origin);
    for (const [name, value] of searchParams) {
      response.appendHeader(name, value.replaceAll('ORIGIN', origin));
    }
    response.writeHead(302, { 'x-path': pathname }).end();
  });
  return origin;
}

const asking = (fields: Readonly<Record<string, string>>): string =>
  `?${new URLSearchParams(fields).toString()}`;

describe('a route with rewriteBack', () => {
  test('sends the client to itself, by the scheme and host it asked for', async () => {
    const up = await startRedirecting();
    const { url, fetch } = await startGateway({
      config: {
        upstreams: { up: { targets: [up] } },
        routes: {
          api: { match: { path: '/api/*' }, upstream: 'up', rewrite: '/*', rewriteBack: true },
        },
      },
    });
    const query = asking({
      location: 'ORIGIN/login?next=%2Fa',
      'content-location': '/orders/7',
      refresh: '5; url=/login',
      'set-cookie': 'a=1; Domain=127.0.0.1; Path=/; HttpOnly',
    });
    const { headers } = await fetch(`/api/a${query}`, { headers: { host: 'shop.example' } });
    const shown = ['x-path', 'location', 'content-location', 'refresh', 'set-cookie'];
    expect(Object.fromEntries(shown.map((name) => [name, headers.get(name)]))).toEqual({
      'x-path': '/a',
      location: `${url}/api/login?next=%2Fa`,
      'content-location': '/api/orders/7',
      refresh: '5; url=/api/login',
      // The host of this client is the same address.
      'set-cookie': 'a=1; Domain=127.0.0.1; Path=/api; HttpOnly',
    });
  });

  test('turns each of several cookies, for another host, behind a proxy with TLS', async () => {
    const up = await startRedirecting();
    const { url } = await startGateway({
      config: {
        server: { trustedProxies: ['127.0.0.1'] },
        upstreams: { up: { targets: [up], host: 'orders.internal' } },
        routes: {
          api: { match: { path: '/api/*' }, upstream: 'up', rewrite: '/*', rewriteBack: true },
        },
      },
    });
    const cookies = '&set-cookie=a%3D1%3B+Domain%3D.internal&set-cookie=b%3D2%3B+Path%3D%2Fx';
    const query = `${asking({ location: 'http://orders.internal/b' })}${cookies}`;
    const { headers } = await request(url, [
      `GET /api/a${query} HTTP/1.1`,
      'Host: shop.example:8443',
      'X-Forwarded-Proto: https',
      'X-Forwarded-For: 192.0.2.1',
      'Connection: close',
    ]);
    expect(headers['location']).toBe('https://shop.example:8443/api/b');
    expect(headers['set-cookie']).toBe('a=1, b=2; Path=/api/x');
  });

  test('turns the answers of each side of a split by the rewrite of that side', async () => {
    const [old, fresh] = [await startRedirecting(), await startRedirecting()];
    const { url, fetch } = await startGateway({
      config: {
        upstreams: { old: { targets: [old] }, fresh: { targets: [fresh] } },
        routes: {
          shop: {
            match: { path: '/shop/*' },
            rewriteBack: true,
            rewrite: '/*',
            split: [
              { upstream: 'old' },
              { upstream: 'fresh', weight: 0, when: { headers: { v: '2' } }, rewrite: '/v2/*' },
            ],
          },
        },
      },
    });
    const query = asking({ location: 'ORIGIN/v2/a' });
    const locationOf = async (v: string) =>
      (await fetch(`/shop/x${query}`, { headers: { v } })).headers.get('location');
    expect(await locationOf('1')).toBe(`${url}/shop/v2/a`);
    expect(await locationOf('2')).toBe(`${url}/shop/a`);
  });

  test('leaves an answer of its own as it is written', async () => {
    const { fetch } = await startGateway({
      config: {
        upstreams: { up: { targets: ['http://127.0.0.1:9'], retry: false } },
        routes: {
          api: {
            match: { path: '/api/*' },
            upstream: 'up',
            rewrite: '/*',
            rewriteBack: true,
            fallback: { respond: { status: 302, headers: { location: '/sorry' } } },
          },
        },
      },
    });
    const response = await fetch('/api/a');
    expect([response.status, response.headers.get('location')]).toEqual([302, '/sorry']);
  });
});

test('without rewriteBack, an answer stays as the upstream wrote it', async () => {
  const up = await startRedirecting();
  const { fetch } = await startGateway({
    config: {
      upstreams: { up: { targets: [up] } },
      routes: { api: { match: { path: '/api/*' }, upstream: 'up', rewrite: '/*' } },
    },
  });
  const response = await fetch(`/api/a${asking({ location: 'ORIGIN/login' })}`);
  expect(response.headers.get('location')).toBe(`${up}/login`);
});
