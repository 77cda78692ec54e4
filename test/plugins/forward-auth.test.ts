import { describe, expect, test } from 'vitest';
import { Decisions } from '../../plugins/forward-auth/decisions.ts';
import type { UpstreamRequest } from '../../src/core/call.ts';
import type { FakeAnswer } from '../../src/testing.ts';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';
import { closedOrigin, startUpstream } from '../gateway/support/upstream.ts';

type Say = (call: UpstreamRequest) => FakeAnswer | Promise<FakeAnswer>;

/** A route behind a service that says who may enter, and one that is open. */
async function guarded(say: Say, options: object = {}) {
  const asked: UpstreamRequest[] = [];
  const calls: UpstreamRequest[] = [];
  const up = (call: UpstreamRequest): FakeAnswer => {
    calls.push(call);
    return { body: {} };
  };
  const forwardAuth = { upstream: 'auth', path: '/verify', ...options };
  const gateway = await startGateway({
    config: {
      routes: {
        open: { match: { path: '/open' }, upstream: 'up' },
        parts: {
          match: { path: '/parts' },
          forwardAuth,
          aggregate: { a: { upstream: 'up', path: '/a' } },
        },
        all: { match: { path: '/*' }, forwardAuth, upstream: 'up' },
      },
    },
    upstreams: {
      up,
      auth: (call) => {
        asked.push(call);
        return say(call);
      },
    },
  });
  const ask = (headers: Readonly<Record<string, string>> = {}, path = '/a?secret=1') =>
    gateway.fetch(path, { headers });
  return { ...gateway, ask, asked, calls };
}

const yes: Say = () => ({ headers: { 'x-user-id': 'u1', 'x-other': 'o', 'set-cookie': 'a=b' } });

describe('a request that is let in', () => {
  test('is told of by the fields that are named, its method and its path', async () => {
    const { ask, asked, calls } = await guarded(yes);
    const sent = { authorization: 'Bearer x', cookie: 'sid=1', 'x-else': 'y' };
    expect((await ask(sent)).status).toBe(200);

    const [question] = asked;
    expect([question?.method, question?.path, question?.query]).toEqual(['GET', '/verify', '']);
    expect(question?.headers).toMatchObject({
      authorization: 'Bearer x',
      cookie: 'sid=1',
      'x-forwarded-method': 'GET',
      'x-forwarded-uri': '/a',
      'x-forwarded-for': '127.0.0.1',
    });
    expect(question?.headers).not.toHaveProperty('x-else');
    expect(calls).toHaveLength(1);
  });

  test('takes what is to be copied to each upstream, and nothing else', async () => {
    const { ask, calls } = await guarded(yes, { copy: ['X-User-Id', 'x-absent'] });
    await ask();
    await ask({}, '/parts');
    expect(calls.map(({ headers }) => headers['x-user-id'])).toEqual(['u1', 'u1']);
    expect(calls[0]?.headers).not.toHaveProperty('x-other');
    expect(calls[0]?.headers).not.toHaveProperty('set-cookie');
  });

  test('cannot say itself what is copied, on no route', async () => {
    const { ask, calls } = await guarded(() => ({}), { copy: ['x-user-id'] });
    await ask({ 'x-user-id': 'admin', x_user_id: 'admin' });
    await ask({ 'x-user-id': 'admin' }, '/open');
    expect(calls.map(({ headers }) => headers['x-user-id'])).toEqual([undefined, undefined]);
  });
});

describe('a request that is refused', () => {
  test.each<readonly [number, Readonly<Record<string, string>>, string, string | null]>([
    [401, {}, 'GW_TOKEN_MISSING', 'Basic realm="a"'],
    [401, { authorization: 'Bearer x' }, 'GW_TOKEN_INVALID', 'Basic realm="a"'],
    [403, { authorization: 'Bearer x' }, 'GW_SCOPE_INSUFFICIENT', 'Basic realm="a"'],
  ])('by %i with %j is that, with its challenge', async (status, headers, code, challenge) => {
    const refusal = { status, headers: { 'www-authenticate': 'Basic realm="a"' }, body: 'secret' };
    const { ask, calls } = await guarded(() => refusal);
    const response = await ask(headers);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      status,
      challenge,
    ]);
    const body = await response.text();
    expect(body).toContain(code);
    expect(body).not.toContain('secret');
    expect(calls).toEqual([]);
  });

  test.each([302, 304, 400, 404, 429, 500, 503])(
    'by %i, which is no clear answer, is 503',
    async (status) => {
      const { ask, calls } = await guarded(() => ({ status, headers: { location: '/x' } }));
      const response = await ask();
      expect([response.status, await codeOf(response)]).toEqual([503, 'GW_DEPENDENCY_DOWN']);
      expect(calls).toEqual([]);
    },
  );
});

describe('the service', () => {
  const overNetwork = (origin: string, more: object = {}) =>
    startGateway({
      config: {
        upstreams: { auth: { targets: [origin], ...more } },
        routes: {
          all: {
            match: { path: '/*' },
            forwardAuth: { upstream: 'auth', path: '/verify' },
            respond: { status: 204 },
          },
        },
      },
    });

  test('that cannot be reached lets nobody in', async () => {
    const { fetch } = await overNetwork(await closedOrigin());
    const response = await fetch('/');
    expect([response.status, await codeOf(response)]).toEqual([503, 'GW_DEPENDENCY_DOWN']);
  });

  test('is called with the policies of its upstream', async () => {
    let hits = 0;
    const slow = await startUpstream((_request, response) => {
      hits += 1;
      if (hits === 1) response.writeHead(503).end();
      else if (hits === 2) response.end();
    });
    const { fetch } = await overNetwork(slow, { timeout: '200ms', deadline: '400ms' });
    // Once more after a 503, and no longer than it may take.
    expect([(await fetch('/')).status, hits]).toEqual([204, 2]);
    expect((await fetch('/')).status).toBe(503);
  });
});

describe('cache', () => {
  test('a yes holds for the same question, and for no other', async () => {
    const { ask, asked, calls } = await guarded(yes, { cache: '1h', copy: ['x-user-id'] });
    const token = { authorization: 'Bearer x' };
    await ask(token);
    await ask(token, '/a?other=2');
    expect(asked).toHaveLength(1);
    expect(calls.map(({ headers }) => headers['x-user-id'])).toEqual(['u1', 'u1']);

    await ask(token, '/b');
    await ask({ authorization: 'Bearer y' });
    await ask({ cookie: 'Bearer x' });
    await ask();
    expect(asked).toHaveLength(5);
  });

  test('a no is asked again, and so is a yes whose time is over', async () => {
    let count = 0;
    const say = (): FakeAnswer => ({ status: (count += 1) === 1 ? 403 : 200 });
    const { ask } = await guarded(say, { cache: '50ms' });
    expect((await ask()).status).toBe(403);
    expect((await ask()).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await ask();
    expect(count).toBe(3);
  });

  test('is bounded: the oldest yes makes room', () => {
    const decisions = new Decisions();
    for (let i = 0; i <= 10_000; i += 1) decisions.set(`${i}`, [], 10);
    expect([decisions.get('0', 0), decisions.get('1', 0)]).toEqual([undefined, []]);
  });

  test('is off where nothing is said', async () => {
    const { ask, asked } = await guarded(yes);
    await ask();
    await ask();
    expect(asked).toHaveLength(2);
  });
});

test.each<readonly [object, RegExp]>([
  [{ upstream: 'auht' }, /no upstream "auht"; did you mean "auth"/],
  [{ path: 'verify' }, /must be a plain path/],
  [{ copy: ['authorization'] }, /is a field that clients send/],
  [{ headers: [] }, /headers/],
  [{ headers: ['Content-Length'] }, /headers\[0\]: is a connection field/],
])('%j refuses the config', async (options, fault) => {
  await expect(guarded(yes, options)).rejects.toThrow(fault);
});
