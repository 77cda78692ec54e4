/** `answers: pass`: what the service says to browsers, and what it never can. */
import { describe, expect, test } from 'vitest';
import { faultsOf, Options } from '../../plugins/forward-auth/options.ts';
import type { FakeAnswer, FakeRequest } from '../../src/testing.ts';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';
import { startRawUpstream, startUpstream } from '../gateway/support/upstream.ts';

type Say = (call: FakeRequest) => FakeAnswer;

async function guarded(say: Say, options: object = {}, up: Say = () => ({ body: 'page' })) {
  const forwardAuth = { upstream: 'auth', path: '/verify', answers: 'pass', ...options };
  const gateway = await startGateway({
    config: {
      routes: {
        parts: {
          match: { path: '/parts' },
          forwardAuth,
          aggregate: { a: { upstream: 'up', path: '/a' } },
        },
        own: { match: { path: '/own' }, forwardAuth, respond: { status: 204 } },
        all: { match: { path: '/*' }, forwardAuth, upstream: 'up' },
      },
    },
    upstreams: { up, auth: say },
  });
  const of = (upstream: string): FakeRequest[] =>
    gateway.seen.filter((request) => request.upstream === upstream);
  return { ...gateway, asked: () => of('auth'), calls: () => of('up') };
}

const login: FakeAnswer = {
  status: 302,
  headers: {
    location: '/login?rd=%2Fa',
    'set-cookie': ['csrf=1; Path=/; HttpOnly', 'state=2'],
    'content-type': 'text/html',
    'cache-control': 'public, max-age=60',
    'keep-alive': 'timeout=5',
    'x-internal': 'secret',
    'x-frame-options': 'DENY',
  },
  body: '<a href="/login">Log in</a>',
};

describe('an answer of the service', () => {
  test('that redirects goes to the client with its cookies and its page, and no cache keeps it', async () => {
    const { fetch, calls } = await guarded(() => login);
    const response = await fetch('/a');
    expect([response.status, response.headers.get('location')]).toEqual([302, '/login?rd=%2Fa']);
    expect(response.headers.getSetCookie()).toEqual(['csrf=1; Path=/; HttpOnly', 'state=2']);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(response.headers.get('x-frame-options')).toBe('DENY');
    expect(await response.text()).toBe('<a href="/login">Log in</a>');
    expect(calls()).toEqual([]);
  });

  test('does not tell what only the gateway should see', async () => {
    const { fetch } = await guarded(() => login);
    const { headers } = await fetch('/a');
    expect([headers.get('x-internal'), headers.get('keep-alive')]).not.toContain('secret');
    expect(headers.get('keep-alive')).not.toBe('timeout=5');
  });

  test.each([301, 302, 303, 307, 308])('by %i keeps its absolute Location', async (status) => {
    const location = 'https://auth.example.com/?rd=https%3A%2F%2Fshop.example.com%2F';
    const { fetch } = await guarded(() => ({ status, headers: { location } }));
    const response = await fetch('/a', { method: 'POST', body: 'x' });
    expect([response.status, response.headers.get('location')]).toEqual([status, location]);
    expect([response.headers.get('content-type'), await response.text()]).toEqual([null, '']);
  });

  test.each([401, 403])('by %i has its challenge, cookies and page', async (status) => {
    const headers = { 'www-authenticate': 'Basic realm="a"', 'set-cookie': 'sid=; Max-Age=0' };
    const { fetch, calls } = await guarded(() => ({ status, headers, body: 'who are you?' }));
    const response = await fetch('/a');
    expect([response.status, await response.text()]).toEqual([status, 'who are you?']);
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="a"');
    expect(response.headers.getSetCookie()).toEqual(['sid=; Max-Age=0']);
    expect(calls()).toEqual([]);
  });

  test('to HEAD has no body', async () => {
    const { fetch } = await guarded(() => login);
    const response = await fetch('/a', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([302, '']);
    expect(response.headers.get('location')).toBe('/login?rd=%2Fa');
  });

  test.each<readonly [string, FakeAnswer]>([
    ['302 without a Location', { status: 302 }],
    ['302 with two', { status: 302, headers: { location: ['/a', 'https://evil.example'] } }],
    ['304', { status: 304 }],
    ['300', { status: 300, headers: { location: '/a' } }],
    ['400', { status: 400 }],
    ['404', { status: 404 }],
    ['429', { status: 429 }],
    ['500', { status: 500, headers: { 'set-cookie': 'a=b' }, body: 'stack' }],
    ['401 with a page over 64 KiB', { status: 401, body: 'x'.repeat(65_537) }],
  ])('%s is no clear answer, and lets nobody in', async (_what, answer) => {
    const { fetch, calls } = await guarded(() => answer);
    const response = await fetch('/a');
    expect(response.headers.getSetCookie()).toEqual([]);
    expect([response.status, await codeOf(response)]).toEqual([503, 'GW_DEPENDENCY_DOWN']);
    expect(calls()).toEqual([]);
  });

  test('goes nowhere without `answers: pass`', async () => {
    const { fetch } = await guarded(() => login, { answers: 'problem' });
    const response = await fetch('/a');
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []]);
  });
});

describe('the cookies of an approval', () => {
  const renewed: Say = () => ({ status: 202, headers: { 'set-cookie': ['sid=2; Path=/', 'b=3'] } });
  const page: Say = () => ({
    headers: { 'set-cookie': 'cart=1', 'cache-control': 'public, max-age=60' },
  });

  test('come with the upstream’s own, and keep caches from the answer', async () => {
    const { fetch, calls } = await guarded(renewed, { copy: ['x-user-id'] }, page);
    const { headers } = await fetch('/a', { headers: { cookie: 'sid=1' } });
    expect(headers.getSetCookie().toSorted()).toEqual(['b=3', 'cart=1', 'sid=2; Path=/']);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(calls()[0]?.headers).toMatchObject({ cookie: 'sid=1' });
    expect(calls()[0]?.headers).not.toHaveProperty('set-cookie');
  });

  test.each(['/parts', '/own'])('come with whatever %s answers', async (path) => {
    const { fetch } = await guarded(renewed, {}, () => ({ body: {} }));
    expect((await fetch(path)).headers.getSetCookie()).toEqual(['sid=2; Path=/', 'b=3']);
  });

  test('leave an answer alone if there are none', async () => {
    const { fetch } = await guarded(() => ({}), {}, page);
    const { headers } = await fetch('/a');
    expect([headers.getSetCookie(), headers.get('cache-control')]).toEqual([
      ['cart=1'],
      'public, max-age=60',
    ]);
  });

  test('are never given twice: such an approval is not kept', async () => {
    const { fetch, asked } = await guarded(renewed, { cache: '1h' });
    for (let i = 0; i < 2; i += 1) {
      expect((await fetch('/a')).headers.getSetCookie()).toHaveLength(2);
    }
    expect(asked()).toHaveLength(2);
  });
});

describe('the service is told', () => {
  const urisOf = async (options: object): Promise<unknown[]> => {
    const { fetch, asked } = await guarded(() => ({}), options);
    await fetch('/a%20b?x=1&rd=%2F');
    return asked().map(({ headers, query }) => [headers['x-forwarded-uri'], query]);
  };

  test('the query, so that a login leads back, unless the route says otherwise', async () => {
    expect(await urisOf({})).toEqual([['/a%20b?x=1&rd=%2F', '']]);
    expect(await urisOf({ query: false })).toEqual([['/a%20b', '']]);
    expect(await urisOf({ answers: 'problem' })).toEqual([['/a%20b', '']]);
    expect(await urisOf({ answers: 'problem', query: true })).toEqual([['/a%20b?x=1&rd=%2F', '']]);
  });

  test('each query, where approvals are kept', async () => {
    const { fetch, asked } = await guarded(() => ({}), { cache: '1h' });
    for (const path of ['/a?x=1', '/a?x=2', '/a?x=1']) await fetch(path);
    expect(asked()).toHaveLength(2);
  });

  test('nothing that a client says about itself', async () => {
    const { fetch, asked } = await guarded(() => login, { headers: ['cookie', 'x-original-url'] });
    await fetch('/a', {
      headers: {
        'x-forwarded-uri': '/evil',
        'x-forwarded-host': 'evil.example',
        'x-original-url': 'https://evil.example/',
        'x-auth-request-redirect': 'https://evil.example/',
      },
    });
    const [question] = asked();
    expect(question?.headers['x-forwarded-uri']).toBe('/a');
    expect(JSON.stringify(question?.headers)).not.toContain('evil');
  });
});

describe('a service that', () => {
  const overNetwork = (origin: string) =>
    startGateway({
      config: {
        upstreams: { auth: { targets: [origin], idleTimeout: '200ms', retry: false } },
        routes: {
          all: {
            match: { path: '/*' },
            forwardAuth: { upstream: 'auth', path: '/verify', answers: 'pass' },
            respond: { status: 204 },
          },
        },
      },
    });

  test('never ends its page is down', async () => {
    const origin = await startUpstream((_request, response) => {
      response.writeHead(401, { 'content-type': 'text/html' }).write('<p>');
    });
    const { fetch } = await overNetwork(origin);
    const response = await fetch('/a');
    expect([response.status, await codeOf(response)]).toEqual([503, 'GW_DEPENDENCY_DOWN']);
  });

  test('breaks off its redirect is down', async () => {
    const origin = await startRawUpstream((socket) => {
      socket.end('HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 10\r\n\r\nhalf');
    });
    const { fetch } = await overNetwork(origin);
    expect((await fetch('/a')).status).toBe(503);
  });
});

test('a service that would never see its own cookies is a warning', () => {
  const faults = (options: object) =>
    [...faultsOf(Options.parse({ upstream: 'auth', path: '/', ...options }))].map(
      ({ path, severity }) => [...path, severity],
    );
  const headers = ['authorization'];
  expect(faults({ answers: 'pass', headers })).toEqual([['headers', 'warning']]);
  expect(faults({ answers: 'pass' })).toEqual([]);
  expect(faults({ headers })).toEqual([]);
});
