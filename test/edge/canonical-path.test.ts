import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { problemCode, request } from '../gateway/support/socket.ts';
import { startRecorder } from '../gateway/support/upstream.ts';

/** A guarded route beside a catch-all; both lead to one real upstream. */
async function guarded(server: object = {}) {
  const upstream = await startRecorder();
  const { url } = await startGateway({
    config: {
      server,
      plugins: {
        jwt: {
          issuers: { own: { issuer: 'own', algorithms: ['HS256'], secret: 's'.repeat(32) } },
        },
      },
      upstreams: { up: { targets: [upstream.url] } },
      routes: {
        admin: forwardTo('/admin/*', { jwt: { issuer: 'own' } }),
        item: forwardTo('/items/{id}', { rewrite: '/things/{id}' }),
        moved: forwardTo('/moved/*', { rewrite: '/here/*' }),
        all: forwardTo('/*'),
      },
    },
  });
  const ask = (target: string) => request(url, [`GET ${target} HTTP/1.1`, 'host: shop.example']);
  return { ask, received: upstream.received };
}

const SAME_AS_ADMIN = [
  '/admin/x',
  '/./admin/x',
  '/%2e/admin/x',
  '/%61dmin/x',
  '//admin/x',
  '/x/../admin/x',
  '/x/%2e%2e/admin/x',
  '/x/%2E./admin/x',
  '/admin//x',
  '/admin/./x',
  '/../admin/x',
  'http://shop.example/admin/x',
  'http://shop.example//admin/x',
];

const REFUSED = [
  '/admin%2fx',
  '/x/..%2fadmin/x',
  '/x/..;/admin/x',
  '/x/..;a=b/admin/x',
  '/x/..%3b/admin/x',
  '/x/%2e%2e;/admin/x',
  '/admin%00',
  '/admin%0d%0ax',
  '/admin%7f',
  '/admin%5cx',
  '/admin\\x',
  '/admin%zz',
  '/admin%',
  '/admin%4',
  '/admin#x',
  // Node's parser rejects raw UTF-8 bytes.
  '/caf\u00c3\u00a9',
];

describe('the canonical path', () => {
  test.each(SAME_AS_ADMIN)('%s is /admin/x to the guard', async (target) => {
    const { ask, received } = await guarded();

    const answer = await ask(target);

    expect([answer.status, problemCode(answer)]).toEqual([401, 'GW_TOKEN_MISSING']);
    expect(received).toEqual([]);
  });

  test.each(REFUSED)('%s is refused, because it could be read in two ways', async (target) => {
    const { ask, received } = await guarded();

    const answer = await ask(target);

    expect([answer.status, problemCode(answer)]).toEqual([400, 'GW_REQUEST_INVALID']);
    expect(received).toEqual([]);
  });

  test.each([
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/%7euser/%41', '/~user/A'],
    ['/a%2cb%3Bc', '/a%2Cb%3Bc'],
    ['/a%20b', '/a%20b'],
    ['/a"<>^`{|}', '/a%22%3C%3E%5E%60%7B%7C%7D'],
    ['/a;p=1/b', '/a;p=1/b'],
    ['/a/..', '/'],
    ['/a/.', '/a/'],
    ['/..', '/'],
    ['/admins', '/admins'],
    ['/other;x', '/other;x'],
    ['/%2561dmin/x', '/%2561dmin/x'],
  ])('%s reaches the upstream as %s', async (target, path) => {
    const { ask, received } = await guarded();

    const { status } = await ask(target);

    expect(status).toBe(200);
    expect(received.map(({ url }) => url)).toEqual([path]);
  });

  test('the query is passed on byte for byte', async () => {
    const { ask, received } = await guarded();

    await ask('/a/../b?x=%2e%2e/&y=a%2Fb+c&&=%zz;?/../');

    expect(received[0]?.url).toBe('/b?x=%2e%2e/&y=a%2Fb+c&&=%zz;?/../');
  });

  test.each(['/a?x\x80y#z', '/a?x#', '/a?x\x7f'])('the query of %j is refused', async (target) => {
    const { ask } = await guarded();
    expect((await ask(target)).status).toBe(400);
  });

  test('a path that is not canonical is refused if handling is reject', async () => {
    const { ask, received } = await guarded({ paths: { handling: 'reject' } });

    const answers = [];
    for (const target of ['/a/b', '/a%2Cb', '/a//b', '/%61', '/a%2cb', '/a/./b']) {
      answers.push((await ask(target)).status);
    }

    expect(answers).toEqual([200, 200, 400, 400, 400, 400]);
    expect(received.map(({ url }) => url)).toEqual(['/a/b', '/a%2Cb']);
  });

  test('%2F, where it is kept, is data and never separates', async () => {
    const { ask, received } = await guarded({ paths: { escapedSlash: 'keep' } });

    expect((await ask('/admin%2fx')).status).toBe(200);
    expect((await ask('/items/a%2fb')).status).toBe(200);
    expect((await ask('/x/..%2fadmin')).status).toBe(400);
    expect((await ask('/x%2f..%2fadmin')).status).toBe(400);

    expect(received.map(({ url }) => url)).toEqual(['/admin%2Fx', '/things/a%2Fb']);
  });

  test('a rewrite keeps the rest of the canonical path, and its parameters stay encoded', async () => {
    const { ask, received } = await guarded();

    await ask('/moved/a%2cb/../c?q=1');
    await ask('/moved');
    await ask('/items/a%20b%3F%25?q=2');

    expect(received.map(({ url }) => url)).toEqual([
      '/here/c?q=1',
      '/here',
      '/things/a%20b%3F%25?q=2',
    ]);
  });
});
