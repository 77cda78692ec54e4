import { describe, expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { request } from '../gateway/support/socket.ts';
import { REDIRECT_RULES } from './redirect-rules.ts';

describe('a redirect', () => {
  test('leads where the table of rules says', async () => {
    const names = REDIRECT_RULES.map((_, i) => `r${i}`);
    const { url } = await startGateway({
      config: {
        server: { trustedProxies: ['127.0.0.1'] },
        routes: Object.fromEntries(
          REDIRECT_RULES.map(({ match = '/*', redirect }, i) => [
            names[i]!,
            { match: { path: match, headers: { rule: names[i]! } }, redirect },
          ]),
        ),
      },
    });
    const located = await Promise.all(
      REDIRECT_RULES.map(async ({ asked }, i) => {
        const [, scheme, host, path] = /^(https?):\/\/([^/]*)(.*)$/.exec(asked)!;
        const { headers } = await request(url, [
          `GET ${path} HTTP/1.1`,
          `Host: ${host}`,
          `Rule: ${names[i]!}`,
          'X-Forwarded-For: 192.0.2.1',
          `X-Forwarded-Proto: ${scheme}`,
        ]);
        return headers['location'];
      }),
    );
    expect(located).toEqual(REDIRECT_RULES.map(({ location }) => location));
  });

  test.each([301, 302, 303, 307, 308])('has the status %i that its route says', async (status) => {
    const { fetch } = await startGateway({
      config: { routes: { a: { match: { path: '/a' }, redirect: { to: '/b', status } } } },
    });
    const response = await fetch('/a', { method: 'POST', body: 'x' });
    expect([response.status, response.headers.get('location')]).toEqual([status, '/b']);
  });

  test('is explained with its Location', async () => {
    const { gateway } = await startGateway({
      config: {
        routes: { a: { match: { path: '/a' }, redirect: { host: 'b.example', query: 'drop' } } },
      },
    });
    const explanation = await gateway.explain({
      method: 'GET',
      url: 'http://shop.example/a?x',
      headers: [],
      address: '127.0.0.1',
    });
    expect(JSON.stringify(explanation)).toContain('http://b.example/a"');
  });
});
