import { describe, expect, test } from 'vitest';
import { request } from '../gateway/support/socket.ts';
import { hmacToken, now } from '../plugins/issuer.ts';
import { asking } from './asking.ts';

const SECRET = 's'.repeat(32);

async function administered(admin: object = {}) {
  const { gateway, calls } = await asking({
    admin: { port: 0, ...admin },
    plugins: {
      jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
    },
    routes: {
      orders: { match: { path: '/orders/*' }, jwt: { issuer: 'own' }, upstream: 'up' },
      open: { match: { path: '/open', headers: { 'x-v': '1' } }, upstream: 'up' },
    },
  });
  const { adminUrl = '' } = gateway;
  const ask = async (query: string, fields: readonly string[] = []) => {
    const head = [`GET /explain?${query} HTTP/1.1`, 'host: localhost', 'connection: close'];
    const { status, body, headers } = await request(adminUrl, [...head, ...fields]);
    // It was read as latin1.
    const text = Buffer.from(body, 'latin1').toString();
    return { status, body: JSON.parse(text) as Record<string, unknown>, text, headers };
  };
  return { ask, adminUrl, calls };
}

describe('GET /explain', () => {
  test('answers as the gateway explains, and is never cached', async () => {
    const { ask, calls } = await administered();
    const { status, body, headers } = await ask('url=/open&header=x-v:%201');
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({
      generation: 1,
      outcome: { kind: 'called', isCertain: true },
      route: { name: 'open' },
    });
    expect(calls).toEqual([]);
  });

  test('takes credentials in fields, and repeats none of them', async () => {
    const { ask } = await administered();
    const token = hmacToken(SECRET, { iss: 'own', sub: 'u1', exp: now() + 600 });
    const fields = [
      `Portico-Explain-Authorization: Bearer ${token}`,
      'Portico-Explain-Header-Cookie: sid=hunter2',
      'Portico-Explain-Header-X-Secret: hunter3',
    ];
    const { body, text } = await ask('url=/orders/1%3Fkey%3Dhunter4&method=POST', fields);
    expect(body).toMatchObject({
      outcome: { kind: 'called' },
      consumer: { id: 'u1' },
      request: { method: 'POST', query: '?key=…' },
    });
    expect(text).toContain('"x-secret"');
    for (const part of [...token.split('.'), 'hunter']) expect(text).not.toContain(part);
  });

  test.each([
    ['', 'send ?url=/orders/1, and method if it is not GET'],
    ['url=/x&metod=GET', 'unknown parameter "metod"; did you mean "method"?'],
    ['url=x', 'the URL is a path such as /orders/1, or begins with http:// or https://'],
    ['url=/x%0d%0aevil:1', 'the URL holds a blank, or a sign that is not ASCII'],
    ['url=/x&method=GET%20/', 'the method is a word such as GET'],
    ['url=/x&header=nothing', 'a header is written as "name: value"'],
    ['url=/x&header=a:b%0d%0aevil:1', 'the header a holds a sign that no header can hold'],
    ['url=/x&address=nowhere', 'the address is one such as 203.0.113.7'],
    [
      'url=/x&header=Authorization:%20Bearer%20hunter2',
      'send Authorization in the field portico-explain-header-authorization, not in the URL',
    ],
    [`url=/x${'&header=a:b'.repeat(101)}`, 'there are more than 100 headers'],
  ])('refuses what is no request: %.40s', async (query, error) => {
    const { ask } = await administered();
    const { status, body, text } = await ask(query);
    expect([status, body['error']]).toEqual([400, expect.stringContaining(error)]);
    expect(text).not.toContain('hunter');
  });

  test('is guarded as /status is', async () => {
    const { adminUrl } = await administered({ token: 'a-token-of-the-operator' });
    const ask = async (path: string, host: string, origin = '') => {
      const head = [`GET ${path} HTTP/1.1`, `host: ${host}`, 'connection: close'];
      const fields = origin === '' ? [] : [`origin: ${origin}`];
      return (await request(adminUrl, [...head, ...fields])).status;
    };
    for (const [host, origin] of [
      ['localhost', ''],
      ['evil.example', ''],
      ['localhost', 'http://evil.example'],
    ] as const) {
      const status = await ask('/explain?url=/x', host, origin);
      expect([host, origin, status]).toEqual([host, origin, await ask('/status', host, origin)]);
    }
  });

  test('only reads: POST is not found', async () => {
    const { adminUrl } = await administered();
    const head = ['POST /explain?url=/x HTTP/1.1', 'host: localhost', 'connection: close'];
    const json = ['content-type: application/json', 'content-length: 2'];
    expect((await request(adminUrl, [...head, ...json], '{}')).status).toBe(404);
  });

  test('counts nothing', async () => {
    const { ask, adminUrl } = await administered();
    const metrics = async (): Promise<string> => {
      const text = await (await fetch(`${adminUrl}/metrics`)).text();
      return text
        .split('\n')
        .filter((line) => line.startsWith('portico_'))
        .join('\n');
    };
    const before = await metrics();
    for (const path of ['/open', '/orders/1', '/nowhere', '/a%25zz']) await ask(`url=${path}`);
    await ask('url=/x&method=FOO');
    expect(await metrics()).toBe(before);
  });
});
