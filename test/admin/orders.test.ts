import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { forwardTo } from '../gateway/support/gateway.ts';
import { administered, TOKEN } from './administered.ts';

const BEARER = { authorization: `Bearer ${TOKEN}` };

const ORDERS = [
  ['/upstreams/up/circuit', { state: 'open' }],
  ['/reload', {}],
  ['/rollback', {}],
] as const;

/** What it logs is in `lines`. */
async function ordered(admin: object = {}) {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { base: null },
    { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const gateway = await administered({
    log,
    config: { admin, upstreams: { up: {} }, routes: { all: forwardTo('/*') } },
    upstreams: { up: () => ({}) },
  });
  const ordersIn = (): Record<string, unknown>[] =>
    lines.filter(({ msg }) => /order/.test(String(msg)));
  return { ...gateway, ordersIn };
}

describe.each(ORDERS)('POST %s', (path, body) => {
  test('takes a reason, which the log has with the address', async () => {
    const { ask, ordersIn } = await ordered();
    const response = await ask(path, { body: { ...body, reason: 'payments is being replaced' } });
    expect(response.status).not.toBe(400);
    expect(ordersIn()).toMatchObject([
      { address: '127.0.0.1', reason: 'payments is being replaced' },
    ]);
  });

  test('needs none from a program on this machine', async () => {
    const { ask, ordersIn } = await ordered();
    await ask(path, { body });
    expect(ordersIn()).toMatchObject([{ address: '127.0.0.1' }]);
  });

  test.each(['', ' ', 'a\nb', 'a\u0000', 'a\u2028b', '\u001b[31m', 'x'.repeat(201), 5, null, {}])(
    'refuses %j as a reason, and does nothing',
    async (reason) => {
      const { ask, ordersIn } = await ordered();
      const response = await ask(path, { body: { ...body, reason } });
      expect([response.status, ordersIn()]).toEqual([400, []]);
      expect(await response.text()).toContain('1 to 200 characters');
    },
  );

  test('is refused to a page while there is no token, its own page too', async () => {
    const { adminUrl, ask, ordersIn } = await ordered();
    const headers = { origin: adminUrl };
    const response = await ask(path, { headers, body: { ...body, reason: 'r' } });
    expect([response.status, ordersIn()]).toEqual([403, []]);
    expect(await response.text()).toContain('only with admin.token');
  });

  test('is refused to a page without the token, and to one without a reason', async () => {
    const { adminUrl, ask, ordersIn } = await ordered({ token: TOKEN });
    const origin = adminUrl;
    const unknown = await ask(path, { headers: { origin }, body: { ...body, reason: 'r' } });
    const silent = await ask(path, { headers: { origin, ...BEARER }, body });
    expect([unknown.status, silent.status, ordersIn()]).toEqual([401, 400, []]);
    expect(await silent.text()).toContain('a web page must give a \\"reason\\"');
  });

  test.each(['http://127.0.0.1:9901', 'https://admin.example'])(
    'is done for a page at %s with token and reason: it may be behind a proxy',
    async (origin) => {
      const { ask, ordersIn } = await ordered({ token: TOKEN });
      const headers = { origin, ...BEARER };
      await ask(path, { headers, body: { ...body, reason: 'r' } });
      expect(ordersIn()).toMatchObject([{ reason: 'r' }]);
    },
  );

  test('allows no page of another origin: a browser asks first, and hears no', async () => {
    const { ask } = await ordered({ token: TOKEN });
    const preflight = await ask(path, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://evil.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(preflight.status).toBe(404);
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });
});
