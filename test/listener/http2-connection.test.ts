import { expect, test } from 'vitest';
import { mounted } from '../bff/mounted.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { openSecure, serialOf } from '../helpers/secure-client.ts';
import { certificateFolder, listenTls, pair, serial } from './gateway.ts';

test('trusted proxies and limits know the connection behind a stream', async () => {
  const seen: unknown[] = [];
  const { url } = await listenTls(pair('server'), {
    server: { trustedProxies: ['127.0.0.1'] },
    route: { rateLimit: { max: 1, window: '1h', by: 'address' } },
    up: ({ headers }) => {
      seen.push(headers['x-forwarded-for']);
      return {};
    },
  });
  const session = await openH2(url);
  const status = async (address: string): Promise<number> =>
    (await fetchH2(session, { 'x-forwarded-for': address })).status;
  expect([await status('192.0.2.1'), await status('192.0.2.1')]).toEqual([200, 429]);
  expect(await status('192.0.2.2')).toBe(200);
  expect(seen).toEqual(['192.0.2.1, 127.0.0.1', '192.0.2.2, 127.0.0.1']);
});

test('a session that is open lives on while certificates change', async () => {
  const folder = certificateFolder('server');
  const { url } = await listenTls({ cert: folder.cert, key: folder.key });
  const session = await openH2(url);
  expect((await fetchH2(session, {})).status).toBe(200);
  folder.put('self-signed');
  await expect.poll(async () => serialOf(await openSecure(url))).toBe(serial('self-signed'));
  expect((await fetchH2(session, {})).status).toBe(200);
});

test.each([
  ['with its length', { 'content-length': 42 }],
  ['without it', {}],
])('a BFF reads a body %s', async (_how, length) => {
  const { url, calls } = await mounted(
    { items: () => ({ body: { id: 'o1' } }) },
    {},
    { tls: pair('server') },
  );
  const session = await openH2(url);
  const body = '{"lines":[{"product":"p1","quantity": 2}]}';
  const headers = {
    ':method': 'POST',
    ':path': '/m/orders',
    'content-type': 'application/json',
    ...length,
  };
  const answer = await fetchH2(session, headers, body);
  expect([answer.status, answer.body.toString()]).toEqual([201, '{"id":"o1","lines":1}']);
  expect(calls).toHaveLength(1);
});
