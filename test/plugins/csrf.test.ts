import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { problemCode, request } from '../gateway/support/socket.ts';

const OURS = 'https://shop.example.com';
const LISTED = 'https://admin.example.com';
const FOREIGN = 'https://evil.example';

async function guarded(origins: readonly string[] = [LISTED]) {
  const calls: string[] = [];
  const gateway = await startGateway({
    config: { routes: { all: forwardTo('/*', { csrf: { origins } }) } },
    upstreams: {
      up: ({ method }) => {
        calls.push(method);
        return {};
      },
    },
  });
  const ask = (method: string, headers: Readonly<Record<string, string>>) => {
    const fields = { host: 'shop.example.com', cookie: 'sid=1', 'content-length': '0', ...headers };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    return request(gateway.url, [`${method} / HTTP/1.1`, ...lines]);
  };
  return { ask, calls };
}

describe('csrf', () => {
  test.each<readonly [string, Readonly<Record<string, string>>]>([
    ['POST', { 'sec-fetch-site': 'same-origin', origin: OURS }],
    // The user typed the address, or pressed a bookmark.
    ['POST', { 'sec-fetch-site': 'none' }],
    ['POST', { 'sec-fetch-site': 'same-site', origin: LISTED }],
    ['DELETE', { 'sec-fetch-site': 'cross-site', origin: LISTED }],
    ['POST', { origin: LISTED }],
    ['POST', { origin: OURS }],
    ['POST', { origin: OURS, host: 'shop.example.com:443' }],
    ['POST', { origin: `${OURS}:8443`, host: 'shop.example.com:8443' }],
    ['POST', { origin: OURS, host: 'SHOP.example.com' }],
    ['POST', { origin: `${OURS}.`, host: 'shop.example.com.' }],
    ['GET', { 'sec-fetch-site': 'cross-site', origin: FOREIGN }],
    ['GET', {}],
    ['OPTIONS', { origin: FOREIGN }],
  ])('%s with %j goes on', async (method, headers) => {
    const { ask, calls } = await guarded();
    expect((await ask(method, headers)).status).toBe(200);
    expect(calls).toEqual([method]);
  });

  test.each<readonly [string, Readonly<Record<string, string>>]>([
    ['POST', {}],
    ['POST', { referer: `${OURS}/form` }],
    ['POST', { 'sec-fetch-site': 'cross-site', origin: FOREIGN }],
    // What the browser says of the site goes before what looks like our own origin.
    ['POST', { 'sec-fetch-site': 'cross-site', origin: OURS }],
    ['POST', { 'sec-fetch-site': 'same-site', origin: 'https://blog.example.com' }],
    ['POST', { 'sec-fetch-site': 'same-site' }],
    ['POST', { 'sec-fetch-site': 'same-origin, cross-site' }],
    ['PUT', { origin: FOREIGN }],
    ['PATCH', { origin: 'null' }],
    ['DELETE', { origin: '' }],
    ['POST', { origin: `${OURS}.evil.example` }],
    ['POST', { origin: `${OURS}@evil.example` }],
    ['POST', { origin: `${OURS}:8443` }],
    ['POST', { origin: `${LISTED}/` }],
    ['POST', { origin: LISTED.toUpperCase() }],
    ['PURGE', {}],
    ['GET', { upgrade: 'websocket', connection: 'upgrade', origin: FOREIGN }],
  ])('%s with %j is 403', async (method, headers) => {
    const { ask, calls } = await guarded();
    const response = await ask(method, headers);
    expect([response.status, problemCode(response)]).toEqual([403, 'GW_ORIGIN_DENIED']);
    expect(calls).toEqual([]);
  });

  test('an app’s own scheme may be listed', async () => {
    const { ask } = await guarded(['capacitor://localhost']);
    const from = async (origin: string) => (await ask('POST', { origin })).status;
    expect([await from('capacitor://localhost'), await from('ionic://localhost')]).toEqual([
      200, 403,
    ]);
  });

  test.each([
    'shop.example.com',
    `${OURS}/`,
    'null',
    '*',
    'https://SHOP.example.com',
    `${OURS}:443`,
  ])('an origin that no browser sends, such as %s, refuses the config', async (origin) => {
    await expect(guarded([origin])).rejects.toThrow(/origins\[0\]: must be an origin as browsers/);
  });
});
