/** What undici's own dispatchers do not do: the calls are guarded, are noted, and go to one upstream. */
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { fetch as undiciFetch, FormData as UndiciFormData } from 'undici';
import { Cancellation } from '../../../src/core/cancellation.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { FAILURE_KINDS } from '../../../src/config/schema/guards.ts';
import { manualClock } from '../../helpers/clock.ts';
import { aContext, codeOf } from '../../helpers/call.ts';
import { eventually, nobody, startUpstream } from '../../helpers/upstream.ts';
import { ours, Told, told } from './support.ts';

const URL_OF = 'http://orders/orders/1?a=1';
const answering = (status = 200, body = '{"ok":true}') =>
  startUpstream((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });

/** The last version with handlers of old; Node 24 has one like it. */
const undici7 = createRequire(import.meta.resolve('@fastify/reply-from'))('undici') as {
  readonly fetch: typeof undiciFetch;
  readonly FormData: typeof UndiciFormData;
};

/** Each takes a dispatcher of another undici. */
const FETCHES = {
  'of undici 8': { fetch: undiciFetch, FormData: UndiciFormData },
  'of undici 7': undici7,
  // The types are of another version, too.
  'of Node': globalThis as unknown as typeof undici7,
} as const;

describe.each(Object.entries(FETCHES))(
  'fetch %s over our dispatcher',
  (_name, { fetch, FormData: Form }) => {
    test('gets the answer of the upstream', async () => {
      const upstream = await startUpstream((request, response) => {
        response.writeHead(201, { 'set-cookie': ['a=1', 'b=2'], 'x-url': request.url! });
        response.end('{"ok":true}');
      });
      const { dispatcher, records } = ours(upstream.url);
      const response = await fetch(URL_OF, { dispatcher });
      expect([response.status, response.statusText, await response.json()]).toEqual([
        201,
        'Created',
        { ok: true },
      ]);
      expect(response.headers.get('x-url')).toBe('/orders/1?a=1');
      expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
      expect(records).toMatchObject([{ purpose: 'part', ending: 201, upstream: 'orders' }]);
    });

    test.each([
      ['text', () => 'body'],
      ['bytes', () => new TextEncoder().encode('body')],
      ['a Blob', () => new Blob(['body'])],
      ['a stream', () => new Blob(['body']).stream()],
    ])('sends %s', async (_what, body) => {
      const upstream = await startUpstream((request, response) => void request.pipe(response));
      const { dispatcher } = ours(upstream.url);
      const init = { method: 'POST', body: body() as never, duplex: 'half', dispatcher } as const;
      expect(await (await fetch(URL_OF, init)).text()).toBe('body');
    });

    test('sends a long body as it comes, and gets a long answer', async () => {
      const upstream = await startUpstream((request, response) => void request.pipe(response));
      const { dispatcher } = ours(upstream.url);
      const body = Buffer.alloc(3_000_000, 'a');
      const response = await fetch(URL_OF, { method: 'POST', body, dispatcher });
      expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
    });

    test('sends a form', async () => {
      const upstream = await startUpstream((request, response) => void request.pipe(response));
      const { dispatcher } = ours(upstream.url);
      const body = new Form();
      body.append('name', 'Ada');
      const response = await fetch(URL_OF, { method: 'POST', body, dispatcher });
      expect(await response.text()).toContain('name="name"\r\n\r\nAda\r\n');
    });

    test('reads what is compressed', async () => {
      const { gzipSync } = await import('node:zlib');
      const upstream = await startUpstream((request, response) => {
        expect(request.headers['accept-encoding']).toContain('gzip');
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"ok":1}'));
      });
      const response = await fetch(URL_OF, { dispatcher: ours(upstream.url).dispatcher });
      expect(await response.json()).toEqual({ ok: 1 });
    });

    test('fails with the error of the gateway as its cause', async () => {
      const { dispatcher, records } = ours(await nobody());
      const failed = fetch(URL_OF, { dispatcher });
      await expect(failed).rejects.toMatchObject({
        name: 'TypeError',
        cause: { code: 'GW_UPSTREAM_CONNECT' },
      });
      expect(records).toMatchObject([{ ending: 'GW_UPSTREAM_CONNECT' }]);
    });

    test('fails in mid-body with the error of the gateway as its cause', async () => {
      const upstream = await startUpstream((_request, response) => {
        response.writeHead(200, { 'content-length': 10 });
        response.write('abc', () => void response.socket?.end());
      });
      const response = await fetch(URL_OF, { dispatcher: ours(upstream.url).dispatcher });
      await expect(response.text()).rejects.toMatchObject({ cause: { code: 'GW_BODY_TRUNCATED' } });
    });

    test('cancels the call once its own signal says so', async () => {
      const upstream = await startUpstream(() => undefined);
      const { dispatcher, records } = ours(upstream.url);
      const controller = new AbortController();
      const failed = fetch(URL_OF, { dispatcher, signal: controller.signal });
      await eventually(() => upstream.hits === 1);
      controller.abort();
      await expect(failed).rejects.toMatchObject({ name: 'AbortError' });
      await eventually(() => upstream.open === 0);
      expect(records).toMatchObject([{ ending: 'GW_CLIENT_CLOSED' }]);
    });

    test('follows a redirect within the upstream, by its own name or its address', async () => {
      const upstream = await startUpstream((request, response) => {
        const to = { '/1': '/2', '/2': `${upstream.url}/3` }[request.url!];
        if (to === undefined) response.end(request.url);
        else response.writeHead(307, { location: to }).end();
      });
      const response = await fetch('http://orders/1', {
        dispatcher: ours(upstream.url).dispatcher,
      });
      expect([await response.text(), upstream.hits]).toEqual(['/3', 3]);
    });

    test('does not follow a redirect to another site', async () => {
      const other = await answering();
      const upstream = await startUpstream((_request, response) => {
        response.writeHead(302, { location: other.url }).end();
      });
      const failed = fetch(URL_OF, { dispatcher: ours(upstream.url).dispatcher });
      await expect(failed).rejects.toMatchObject({
        cause: {
          message: `this dispatcher calls the upstream "orders" alone, at http://orders: not ${other.url}`,
        },
      });
      expect(other.hits).toBe(0);
    });
  },
);

describe('our dispatcher', () => {
  test('retries under the rules of the upstream, with the same body', async () => {
    const bodies: string[] = [];
    const upstream = await startUpstream((request, response) => {
      void request.toArray().then((chunks) => {
        bodies.push(Buffer.concat(chunks as Buffer[]).toString());
        response.writeHead(bodies.length === 1 ? 503 : 200).end();
      });
    });
    const retry = { attempts: 2, on: [503], backoffMs: 1, budget: 1 } as never;
    const { dispatcher } = ours(upstream.url, { retry });
    const body = (async function* () {
      yield 'once';
    })();
    const { status, events } = await told(dispatcher, { method: 'PUT', body: body as never });
    expect([status, bodies, events]).toEqual([
      200,
      ['once', 'once'],
      ['start', 'head 200 OK', 'end'],
    ]);
  });

  test('ends an answer that is longer on its way than the deadline', async () => {
    const clock = manualClock();
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200).write('a');
    });
    const { dispatcher, records } = ours(upstream.url, { deadlineMs: 1_000 }, { clock });
    const handler = new Told();
    dispatcher.dispatch({ path: '/', method: 'GET' }, handler);
    await eventually(() => handler.text === 'a');
    clock.advance(1_001);
    await handler.ended;
    expect(handler.error).toMatchObject({ code: 'GW_DEADLINE_EXCEEDED' });
    expect(records).toMatchObject([{ ending: 'GW_DEADLINE_EXCEEDED' }]);
  });

  test('does not end a stream of events at the deadline', async () => {
    const clock = manualClock();
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    });
    const { dispatcher } = ours(upstream.url, { deadlineMs: 1_000 }, { clock });
    const handler = new Told();
    dispatcher.dispatch({ path: '/', method: 'GET' }, handler);
    await eventually(() => handler.text !== '');
    clock.advance(1_001);
    expect(handler.events.at(-1)).toBe('data');
    handler.controller!.abort(new Error('enough'));
  });

  test('ends its calls once the context is cancelled', async () => {
    const upstream = await startUpstream(() => undefined);
    const signal = new Cancellation();
    const { dispatcher } = ours(upstream.url, {}, { context: aContext({ signal }) });
    const handler = new Told();
    dispatcher.dispatch({ path: '/', method: 'GET' }, handler);
    await eventually(() => upstream.hits === 1);
    const left = new GatewayError('GW_CLIENT_CLOSED', 'left');
    signal.cancel(left);
    await handler.ended;
    expect(handler.error).toBe(left);
    await eventually(() => upstream.open === 0);
  });

  test('sends the fields of the context, and neither Host nor hop-by-hop fields', async () => {
    const upstream = await startUpstream((request, response) => {
      response.end(JSON.stringify(request.headers));
    });
    const context = aContext({ fields: { via: '1.1 portico', 'x-request-id': 'r1' } });
    const { dispatcher } = ours(upstream.url, {}, { context });
    const headers = {
      host: 'evil',
      connection: 'x-a',
      'x-a': '1',
      te: 'gzip',
      'proxy-authorization': 'b',
    };
    const { text } = await told(dispatcher, { headers });
    const sent = JSON.parse(text) as Record<string, string>;
    expect(sent).toMatchObject({ via: '1.1 portico', 'x-request-id': 'r1' });
    expect(sent['host']).toBe(new URL(upstream.url).host);
    expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(['x-a']));
    expect([sent['te'], sent['proxy-authorization']]).toEqual([undefined, undefined]);
  });

  test.each([
    ['https://orders', true],
    ['http://ORDERS', true],
    ['http://orders:80', true],
    ['http://orders.evil.example', false],
    ['http://orders:81', false],
    ['http://other', false],
    ['ftp://orders', false],
    ['no origin', false],
  ])('serves the origin %s: %s', async (origin, isServed) => {
    const upstream = await answering();
    const { events } = await told(ours(upstream.url).dispatcher, { origin });
    expect([events.at(-1), upstream.hits]).toEqual(isServed ? ['end', 1] : ['error', 0]);
  });

  test.each([
    ['/a/../b', '/b'],
    ['/a//b', '/a/b'],
    ['/%7eada', '/~ada'],
    ['/a%2Fb', '/a%2Fb'],
  ])('sends the path %s as %s', async (path, sent) => {
    const upstream = await startUpstream((request, response) => response.end(request.url));
    expect((await told(ours(upstream.url).dispatcher, { path })).text).toBe(sent);
  });

  test.each(['/a%5c..', '/%zz', '/a%00', '/..%2fadmin'])('refuses the path %s', async (path) => {
    const upstream = await answering();
    const { error } = await told(ours(upstream.url).dispatcher, { path });
    expect([error, upstream.hits]).toMatchObject([{ code: 'GW_REQUEST_INVALID' }, 0]);
  });

  test('is not blamed on the upstream what the caller did wrong', async () => {
    const upstream = await startUpstream((request, response) => {
      request.resume().on('end', () => response.end());
    });
    const breaker = {
      kind: 'consecutive',
      failures: 1,
      openMs: 60_000,
      probes: 1,
      handle: [...FAILURE_KINDS],
    } as const;
    const { dispatcher } = ours(upstream.url, { breaker });
    const wrong = { method: 'POST', headers: { 'content-length': '9' } } as const;
    for (const body of ['short', ['short']])
      await told(dispatcher, { ...wrong, body: body as string });
    expect(await codeOf(dispatcher.request({ path: '/', method: 'GET' }))).toBe('fulfilled');
  });

  test('calls nobody once its context is over', async () => {
    const upstream = await answering();
    const over = new GatewayError('GW_REQUEST_OVER', 'over');
    const mustBeOpen = (): never => {
      throw over;
    };
    const { error } = await told(ours(upstream.url, {}, { mustBeOpen }).dispatcher);
    expect([error, upstream.hits]).toEqual([over, 0]);
  });
});
