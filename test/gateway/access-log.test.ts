import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { codeOf, forwardTo, startGateway } from './support/gateway.ts';
import { open, request } from './support/socket.ts';
import { startUpstream } from './support/upstream.ts';
import { hmacToken, now } from '../plugins/issuer.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { pair } from '../listener/gateway.ts';

type Line = Readonly<Record<string, unknown>>;
const SECRET = 'a secret of at least thirty-two characters';

function recording() {
  const lines: string[] = [];
  const log = pino(
    { level: 'info', base: null },
    { write: (line: string) => void lines.push(line) },
  );
  const requests = () =>
    lines.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === 'request');
  return { log, lines, requests };
}

/** A gateway that logs into a list. */
async function logging(access = true, server: object = {}) {
  const { log, lines, requests } = recording();
  const gateway = await startGateway({
    log,
    config: {
      server,
      admin: { port: 0 },
      telemetry: { logs: { access } },
      plugins: {
        spoil: { module: new URL('fixtures/spoil.ts', import.meta.url).pathname },
        jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
      },
      upstreams: { full: { bulkhead: { concurrency: 1, queue: 0 } } },
      routes: {
        all: forwardTo('/api/*', { jwt: { issuer: 'own', optional: true } }),
        slow: { match: { path: '/slow' }, upstream: 'slow' },
        full: { match: { path: '/full' }, upstream: 'full' },
        own: { match: { path: '/own' }, respond: { body: 'four' } },
        get: { match: { path: '/only-get', methods: ['GET'] }, respond: {} },
        small: forwardTo('/small', { limits: { body: '1B' } }),
        // Its upstream's answer is longer than the problem document that replaces it.
        unsent: { match: { path: '/broken' }, upstream: 'up', spoil: {} },
        page: {
          match: { path: '/page' },
          aggregate: {
            book: { upstream: 'up', path: '/book', required: true },
            stock: { upstream: 'broken', path: '/stock' },
            price: { upstream: 'slow', path: '/price', timeout: '10ms', default: 0 },
          },
        },
      },
    },
    upstreams: {
      up: ({ path }) => ({ body: path === '/book' ? {} : 'body' }),
      slow: () => new Promise(() => {}),
      full: () => new Promise(() => {}),
      broken: () => ({ status: 500 }),
    },
  });
  return { ...gateway, lines, requests };
}

describe('the access log', () => {
  test('has one line per request, with what was asked, answered and called, and how long it took', async () => {
    const { fetch, requests } = await logging();
    const token = hmacToken(SECRET, { iss: 'own', sub: 'u1', exp: now() + 60 });

    const response = await fetch('/api/a%20b?q=1', {
      headers: { authorization: `Bearer ${token}` },
    });
    await response.text();

    await expect.poll(requests).toHaveLength(1);
    expect(requests()[0]).toEqual({
      level: 30,
      time: expect.any(Number) as unknown,
      msg: 'request',
      requestId: response.headers.get('x-request-id'),
      method: 'GET',
      host: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as unknown,
      path: '/api/a%20b',
      status: 200,
      route: 'all',
      consumer: 'u1',
      address: '127.0.0.1',
      upstream: 'up',
      target: 'http://up.invalid',
      attempts: 1,
      queueMs: expect.any(Number) as unknown,
      connectMs: expect.any(Number) as unknown,
      firstByteMs: expect.any(Number) as unknown,
      totalMs: expect.any(Number) as unknown,
      bytesReceived: 0,
      bytesSent: 4,
    });
  });

  test('never holds authorization, a cookie, or a value of the query', async () => {
    const { fetch, lines, requests } = await logging();
    const headers = {
      authorization: 'Bearer topsecret.a.b',
      cookie: 'sid=topsecret',
      referer: 'https://a.example/?topsecret',
      'x-api-key': 'topsecret',
    };
    await fetch('/api/a?token=topsecret', { headers });
    await fetch('/none?token=topsecret', { headers });
    await fetch('/own?token=topsecret', { method: 'POST', body: 'topsecret', headers });
    await expect.poll(requests).toHaveLength(3);
    expect(lines.join('')).not.toContain('topsecret');
  });

  test('has the codes of gateway errors, and the bytes received and sent', async () => {
    const { fetch, requests } = await logging();
    const missing = await fetch('/none');
    await fetch('/api/a', { method: 'POST', body: '12345678' });
    await fetch('/own');

    await expect.poll(requests).toHaveLength(3);
    const [none, posted, own] = requests();
    expect(none).toMatchObject({
      status: 404,
      code: await codeOf(missing),
      route: 'unmatched',
      path: '/none',
    });
    expect(none).not.toHaveProperty('upstream');
    expect(posted).toMatchObject({ method: 'POST', bytesSent: 4 });
    expect(own).toMatchObject({ route: 'own', status: 200, bytesSent: 4 });
  });

  test('has a refused path as it came, without what a log must not hold', async () => {
    const { url, requests } = await logging();
    const targets = [
      '/api/a%2fb?token=topsecret',
      '/api/..;/x',
      '/api/%00#topsecret',
      'http://user:topsecret@a/api/x?y',
      `/api/%zz${'x'.repeat(2_000)}`,
    ];
    const answers = [];
    for (const target of targets) {
      answers.push(await request(url, [`GET ${target} HTTP/1.1`, 'host: a']));
    }

    await expect.poll(requests).toHaveLength(targets.length);
    expect(answers.map(({ status }) => status)).toEqual(targets.map(() => 400));
    expect(requests().map(({ path }) => path)).toEqual([
      '/api/a%2fb',
      '/api/..;/x',
      '/api/%00',
      '/api/x',
      `/api/%zz${'x'.repeat(1_016)}…`,
    ]);
    expect(JSON.stringify(requests())).not.toContain('topsecret');
  });

  test('counts the bytes of every problem document', async () => {
    const { url, requests } = await logging();
    const asked = [
      'GET /none',
      'GET /api/%zz',
      'POST /only-get',
      'TRACE /api/a',
      'GET /broken',
      'POST /small',
      'HEAD /none',
      'HEAD /api/a',
      'HEAD /own',
    ];
    const sent = [];
    for (const line of asked) {
      const fields = line.startsWith('POST') ? ['content-length: 5'] : [];
      const lines = [`${line} HTTP/1.1`, 'host: a', 'connection: close', ...fields];
      const { status, body } = await request(url, lines, fields.length === 0 ? '' : '12345');
      sent.push([status, Buffer.byteLength(body, 'latin1')]);
    }

    await expect.poll(requests).toHaveLength(asked.length);
    expect(requests().map(({ status, bytesSent }) => [status, bytesSent])).toEqual(sent);
    expect(sent.map(([status]) => status)).toEqual([404, 400, 405, 501, 500, 413, 404, 200, 200]);
    expect(sent.slice(0, 6).every(([, bytes]) => bytes! > 100)).toBe(true);
  });

  test('counts those bytes over HTTP/2 too', async () => {
    const { url, requests } = await logging(true, { tls: pair('server') });
    const session = await openH2(url);
    const sent = [];
    for (const path of ['/none', '/api/..;/x', '/only-get', '/broken']) {
      const method = path === '/only-get' ? 'DELETE' : 'GET';
      const { status, body } = await fetchH2(session, { ':method': method, ':path': path });
      sent.push([path, status, body.length]);
    }

    await expect.poll(requests).toHaveLength(4);
    const told = requests().map(({ path, status, bytesSent }) => [path, status, bytesSent]);
    expect(told).toEqual(sent);
    expect(sent.map(([, status]) => status)).toEqual([404, 400, 405, 500]);
  });

  test('names the upstream of a request even if it was not called', async () => {
    const { fetch, requests, gateway } = await logging();
    const leaving = new AbortController();
    const held = fetch('/full', { signal: leaving.signal }).catch(() => undefined);
    await expect.poll(() => gateway.status().inflight).toBe(1);
    expect(await codeOf(await fetch('/full'))).toBe('GW_BULKHEAD_FULL');
    leaving.abort();
    await held;
    const refused = requests().find(({ code }) => code === 'GW_BULKHEAD_FULL');
    expect(refused).toMatchObject({ upstream: 'full', attempts: 0 });
    expect(refused).not.toHaveProperty('target');
  });

  test('names the missing parts of an answer, and so does a metric', async () => {
    const { fetch, requests, gateway } = await logging();
    const { headers, status } = await fetch('/page');
    const degraded = 'stock;reason=status-500, price;reason=timeout';
    expect([status, headers.get('gateway-degraded')]).toEqual([200, degraded]);

    await expect.poll(requests).toHaveLength(1);
    expect(requests()[0]).toMatchObject({ status: 200, degraded: degraded.split(', ') });
    const metrics = await (await globalThis.fetch(`${gateway.adminUrl}/metrics`)).text();
    for (const reason of ['status-500', 'timeout']) {
      const line = `portico_degraded_parts_total{route="page",reason="${reason}"} 1`;
      expect(metrics).toContain(line);
    }
  });

  test('has an entry for each of several calls, and does not mix them up', async () => {
    const { log, requests } = recording();
    const part = (upstream: string, more: object = {}) => ({ upstream, path: '/', ...more });
    let ended = 0;
    const { fetch } = await startGateway({
      log,
      config: {
        telemetry: { logs: { access: true } },
        routes: {
          good: {
            match: { path: '/good' },
            aggregate: { slow: part('slow'), quick: part('quick'), none: part('none') },
          },
          bad: {
            match: { path: '/bad' },
            aggregate: { must: part('none', { required: true }), may: part('waits') },
          },
        },
      },
      upstreams: {
        slow: async () => {
          await expect.poll(() => ended).toBe(2);
          return { body: 1 };
        },
        quick: () => ({ body: (ended += 1) }),
        none: () => ({ status: 404, body: (ended += 1) }),
        waits: () => new Promise(() => {}),
      },
    });

    await fetch('/good');
    await fetch('/bad');

    await expect.poll(requests).toHaveLength(2);
    expect(requests()[0]).not.toHaveProperty('upstream');
    expect(requests()[0]!['calls']).toContainEqual({
      part: 'slow',
      upstream: 'slow',
      target: 'http://slow.invalid',
      status: 200,
      attempts: 1,
      ms: expect.any(Number) as unknown,
    });
    expect(requests()[1]!['calls']).toContainEqual({
      part: 'must',
      upstream: 'none',
      target: 'http://none.invalid',
      status: 404,
      attempts: 1,
      ms: expect.any(Number) as unknown,
    });
  });

  test('has the times of the last attempt, not of an earlier one', async () => {
    const { log, requests } = recording();
    let hits = 0;
    const origin = await startUpstream((_request, response) => {
      hits += 1;
      if (hits === 1) response.writeHead(503).end();
      else response.destroy();
    });
    const { fetch } = await startGateway({
      log,
      config: {
        telemetry: { logs: { access: true } },
        upstreams: { up: { targets: [origin], retry: { attempts: 2, budget: '100%' } } },
        routes: { all: forwardTo('/') },
      },
    });

    expect((await fetch('/')).status).toBe(502);

    await expect.poll(requests).toHaveLength(1);
    expect(requests()[0]).toMatchObject({ attempts: 2, firstAttempt: '503', firstByteMs: 0 });
  });

  test('has a line for a client that left (499), and for one that sent no valid request', async () => {
    const { url, gateway, requests } = await logging();
    const socket = await open(url);
    socket.write('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n');
    await expect.poll(() => gateway.status().inflight).toBe(1);
    socket.destroy();
    await expect.poll(requests).toHaveLength(1);
    expect(requests()[0]).toMatchObject({ status: 499, code: 'GW_CLIENT_CLOSED', route: 'slow' });

    await request(url, ['GET /a\\b HTTP/1.1', 'host: a']);
    await request(url, ['TRACE / HTTP/1.1', 'host: a']);
    await request(url, ['POST / HTTP/1.1', 'host: a', 'expect: x', 'content-length: 1'], 'x');
    await expect.poll(requests).toHaveLength(4);
    expect(requests().map(({ status }) => status)).toEqual([499, 400, 501, 417]);
  });

  test('can be turned off', async () => {
    const { fetch, requests } = await logging(false);
    await fetch('/own');
    expect(requests()).toEqual([]);
  });
});

describe('a bug', () => {
  test('is in the log with its stack and the request’s id, and not in the answer', async () => {
    const lines: string[] = [];
    const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
    const { fetch } = await startGateway({
      log,
      config: {
        plugins: {
          faulty: { module: new URL('../plugins/fixtures/faulty.ts', import.meta.url).pathname },
        },
        routes: { a: { match: { path: '/' }, faulty: { on: 'request' }, respond: {} } },
      },
    });

    const response = await fetch('/');

    const bug = lines.map((line) => JSON.parse(line) as Line).find(({ msg }) => msg === 'bug');
    expect(bug).toMatchObject({
      level: 50,
      requestId: response.headers.get('x-request-id'),
      route: 'a',
      err: {
        message: 'boom: secret of ours',
        stack: expect.stringContaining('faulty.ts') as unknown,
      },
    });
    expect(await response.text()).not.toContain('boom');
  });
});
