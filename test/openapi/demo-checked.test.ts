/** The demo where each route checks requests by its document: it keeps to it, and refuses the rest itself. */
import { expect, test } from 'vitest';
import { startDemo, validatingConfig } from './demo.ts';
import { askForAll, RUNS, servedBeside } from './demo-requests.ts';

test(`${RUNS} requests are answered as documented`, async () => {
  const { faults, read, succeeded } = await askForAll(await startDemo(validatingConfig()));
  expect(faults).toEqual([]);
  expect(succeeded).toBeGreaterThan(0.7 * read);
}, 30_000);

test('what the document does not allow is refused before any service is asked', async () => {
  const { url, token } = await startDemo(validatingConfig());
  const codeOf = async (path: string, init: RequestInit = {}): Promise<string> => {
    const headers = { authorization: `Bearer ${token}`, ...(init.headers as object) };
    const { type } = (await (await fetch(url + path, { ...init, headers })).json()) as {
      readonly type: string;
    };
    return type;
  };
  const post = (body: string, type: string): RequestInit => ({
    method: 'POST',
    body,
    headers: { 'content-type': type },
  });
  expect([
    await codeOf('/api/products?limit=0'),
    await codeOf('/api/products/p1/nothing'),
    await codeOf('/api/orders/42', post('{}', 'application/json')),
    await codeOf('/api/orders', post('a,b', 'text/csv')),
    await codeOf('/api/orders', post('{"lines":[]}', 'application/json')),
  ]).toEqual(
    [
      'REQUEST_INVALID',
      'ROUTE_NOT_FOUND',
      'METHOD_NOT_ALLOWED',
      'MEDIA_TYPE',
      'REQUEST_INVALID',
    ].map((code) => `urn:portico:error:GW_${code}`),
  );
});

test('each path that the document does not have is 404', async () => {
  expect(await servedBeside(await startDemo(validatingConfig()))).toEqual([]);
});
