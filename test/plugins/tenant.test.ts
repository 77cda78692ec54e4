import { describe, expect, test } from 'vitest';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, now } from './issuer.ts';

const SECRET = 'a secret of at least thirty-two characters';
const bearing = (claims: object) => ({
  authorization: `Bearer ${hmacToken(SECRET, { iss: 'own', exp: now() + 60, ...claims })}`,
});

/** The example of docs/examples/tenant.ts, on a forwarded route, an aggregate, and not at all. */
async function housing(settings: object = {}) {
  const seen: unknown[] = [];
  const gateway = await startGateway({
    config: {
      plugins: {
        jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
        tenant: {
          module: new URL('../../docs/examples/tenant.ts', import.meta.url).pathname,
          ...settings,
        },
      },
      defaults: { routes: { jwt: { issuer: 'own', optional: true } } },
      routes: {
        told: forwardTo('/told', { tenant: {} }),
        must: forwardTo('/must', { tenant: { required: true } }),
        parts: {
          match: { path: '/parts' },
          tenant: {},
          aggregate: { part: { upstream: 'up', path: '/' } },
        },
        other: forwardTo('/other'),
      },
    },
    upstreams: {
      up: ({ headers }) => {
        seen.push(headers['x-tenant'] ?? headers['x-house']);
        return { body: {} };
      },
    },
  });
  return { ...gateway, seen };
}

describe('the example plugin tenant', () => {
  test('tells every upstream of the route whose call it is', async () => {
    const { fetch, seen } = await housing();
    await fetch('/told', { headers: bearing({ tenant: 'acme' }) });
    await fetch('/parts', { headers: bearing({ tenant: 'acme' }) });
    await fetch('/told');
    await fetch('/told', { headers: bearing({ tenant: 'a\r\nb: c' }) });
    expect(seen).toEqual(['acme', 'acme', 'public', 'public']);
  });

  test('never believes what a client says of itself, on any route', async () => {
    const { fetch, seen } = await housing();
    const forged = { 'x-tenant': 'acme', x_tenant: 'acme' };
    await fetch('/told', { headers: forged });
    await fetch('/other', { headers: forged });
    expect(seen).toEqual(['public', undefined]);
  });

  test('refuses who has none, where one is required', async () => {
    const { fetch, seen } = await housing();
    const response = await fetch('/must', { headers: bearing({}) });
    expect([response.status, await codeOf(response)]).toEqual([403, 'GW_SCOPE_INSUFFICIENT']);
    expect((await fetch('/must', { headers: bearing({ tenant: 'acme' }) })).status).toBe(200);
    expect(seen).toEqual(['acme']);
  });

  test('takes another header, and no unknown settings', async () => {
    const { fetch, seen } = await housing({ header: 'x-house' });
    await fetch('/told', { headers: { ...bearing({ tenant: 'acme' }), 'x-house': 'forged' } });
    expect(seen).toEqual(['acme']);
    await expect(housing({ heder: 'x' })).rejects.toThrow(
      /plugins\.tenant\.heder: unknown key; did you mean "header"\?/,
    );
  });
});
