/** What undici promises to handlers: each rule is asked of its own pool and of ours. */
import { Readable, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type Dispatcher, errors, FormData } from 'undici';
import { eventually, startUpstream } from '../../helpers/upstream.ts';
import { dispatcherTo, KINDS, Told, told } from './support.ts';

/** Answers with what it was sent. */
const echoing = () =>
  startUpstream((request, response) => {
    void request.toArray().then((chunks) => {
      const { method, url, headers } = request;
      const body = Buffer.concat(chunks as Buffer[]).toString();
      response.end(JSON.stringify({ method, url, body, headers }));
    });
  });

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const SIZE = 2_000_000;

describe.each(KINDS)('a dispatcher (%s)', (kind) => {
  test('tells the start, the head, the data and the end, in this order', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(201, { 'X-Kind': 'tea', 'Set-Cookie': ['a=1', 'b=2'] }).end('short');
    });
    const dispatcher = dispatcherTo(kind, upstream.url);

    const { events, status, headers, text } = await told(dispatcher);

    expect(events).toEqual(['start', 'head 201 Created', 'data', 'end']);
    expect([status, text]).toEqual([201, 'short']);
    expect(headers).toMatchObject({ 'x-kind': 'tea', 'set-cookie': ['a=1', 'b=2'] });
  });

  test('gives the fields raw too, as bytes of names and values in turn', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { 'Set-Cookie': ['a=1', 'b=2'], 'x-latin': '\u00e9' }).end();
    });
    const { rawHeaders } = await told(dispatcherTo(kind, upstream.url));
    const texts = (rawHeaders as Buffer[]).map((bytes) => bytes.toString('latin1').toLowerCase());
    const valuesOf = (name: string) =>
      texts.flatMap((text, i) => (i % 2 === 0 && text === name ? [texts[i + 1]] : []));
    expect(valuesOf('set-cookie')).toEqual(['a=1', 'b=2']);
    expect(valuesOf('x-latin')).toEqual(['\u00e9']);
  });

  test('tells no data for an empty body', async () => {
    const upstream = await startUpstream((_request, response) => response.writeHead(204).end());
    const { events } = await told(dispatcherTo(kind, upstream.url));
    expect(events).toEqual(['start', 'head 204 No Content', 'end']);
  });

  test('tells trailers at the end', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { trailer: 'x-sum' }).write('a');
      response.addTrailers({ 'x-sum': '1' });
      response.end();
    });
    const { trailers } = await told(dispatcherTo(kind, upstream.url));
    expect(trailers).toEqual({ 'x-sum': '1' });
  });

  test('says that it takes more', async () => {
    const upstream = await echoing();
    const handler = new Told();
    const options = { path: '/', method: 'GET' } as const;
    expect(dispatcherTo(kind, upstream.url).dispatch(options, handler)).toBe(true);
    await handler.ended;
  });

  test.each<readonly [string, () => unknown, string]>([
    ['nothing', () => null, ''],
    ['no bytes', () => new Uint8Array(0), ''],
    ['a string', () => 'h\u00e9llo', 'h\u00e9llo'],
    ['a Buffer', () => Buffer.from('bytes'), 'bytes'],
    ['a part of an array', () => new TextEncoder().encode('xtypedx').subarray(1, 6), 'typed'],
    ['an ArrayBuffer', () => new TextEncoder().encode('array').buffer, 'array'],
    ['an iterable', () => ['a', Buffer.from('b')], 'ab'],
    ['an async iterable', pieces, 'cd'],
    ['a stream', () => Readable.from(pieces()), 'cd'],
    ['a Blob', () => new Blob(['blob']), 'blob'],
  ])('sends %s', async (_what, body, sent) => {
    const upstream = await echoing();
    const dispatcher = dispatcherTo(kind, upstream.url);
    const { text } = await told(dispatcher, { method: 'POST', body: body() as string });
    expect(JSON.parse(text)).toMatchObject({ method: 'POST', body: sent });
  });

  test('sends a form of its own, with its type', async () => {
    const upstream = await echoing();
    const form = new FormData();
    form.append('name', 'Ada');
    form.append('file', new File(['x'], 'a.txt', { type: 'text/plain' }));
    const { text } = await told(dispatcherTo(kind, upstream.url), { method: 'POST', body: form });
    const { headers, body } = JSON.parse(text) as Echo;
    expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(body).toContain('name="name"\r\n\r\nAda\r\n');
    expect(body).toContain('filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nx\r\n');
  });

  const pairs = new Map<string, string | string[]>([
    ['X-A', '1'],
    ['x-list', ['a', 'b']],
    ['x-number', '2'],
  ]);
  test.each<readonly [string, () => NonNullable<Dispatcher.DispatchOptions['headers']>]>([
    [
      'a record',
      () => ({ ...Object.fromEntries(pairs), 'x-number': 2 as never, 'x-none': undefined }),
    ],
    ['a flat list', () => ['X-A', '1', 'x-list', 'a', 'x-list', 'b', 'x-number', '2']],
    ['pairs', () => pairs.entries()],
    ['a Map', () => pairs],
  ])('takes fields as %s', async (_what, headers) => {
    const upstream = await echoing();
    const { text } = await told(dispatcherTo(kind, upstream.url), { headers: headers() });
    expect((JSON.parse(text) as Echo).headers).toMatchObject({
      'x-a': '1',
      'x-list': 'a, b',
      'x-number': '2',
    });
  });

  test('puts the query behind the path', async () => {
    const upstream = await echoing();
    const { text } = await told(dispatcherTo(kind, upstream.url), {
      query: { a: 1, b: ['x', 'y'] },
    });
    expect(JSON.parse(text)).toMatchObject({ url: '/orders/1?a=1&b=x&b=y' });
  });

  test.each<readonly [string, object]>([
    ['a path without a slash', { path: 'orders' }],
    ['a path with a space', { path: '/a b' }],
    ['a method that is none', { method: 'G ET' }],
    ['a field name with a space', { headers: { 'a b': '1' } }],
    ['a field with a line break', { headers: { a: '1\r\nb: 2' } }],
    ['an object as a field', { headers: { a: {} } }],
    ['an odd list of fields', { headers: ['a'] }],
    ['text for fields', { headers: 'a: 1' }],
    ['a number as a body', { method: 'POST', body: 1 }],
    [
      'a length that is not a number',
      { method: 'POST', body: 'a', headers: { 'content-length': 'x' } },
    ],
    ['a negative timeout', { headersTimeout: -1 }],
    ['a query twice', { path: '/?a=1', query: { b: 2 } }],
  ])('refuses %s, and says so to the handler', async (_what, options) => {
    const upstream = await echoing();
    const handler = new Told();
    const dispatcher = dispatcherTo(kind, upstream.url);
    dispatcher.dispatch({ path: '/', method: 'GET', ...options }, handler);
    expect(handler.events).toEqual(['error']);
    expect(handler.error).toBeInstanceOf(Error);
    expect(upstream.hits).toBe(0);
  });

  test.each([
    [{ path: '/', method: 'GET', upgrade: 'websocket' }],
    [{ path: 'a:1', method: 'CONNECT' }],
  ] as const)('never tells data for an upgrade that it refuses (%j)', async (options) => {
    const upstream = await echoing();
    if (kind === 'undici') return;
    const handler = await told(dispatcherTo(kind, upstream.url), options);
    expect([handler.events, handler.error?.message]).toEqual([
      ['error'],
      'upgrades are not supported: use a route with websocket',
    ]);
  });

  test.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['text', 'handler'],
  ])('throws for %s in the place of a handler', async (_what, handler) => {
    const upstream = await echoing();
    const dispatcher = dispatcherTo(kind, upstream.url);
    const dispatch = () => dispatcher.dispatch({ path: '/', method: 'GET' }, handler as never);
    expect(dispatch).toThrow('handler must be an object');
  });

  test('tells a handler without data callbacks what it lacks', async () => {
    const upstream = await echoing();
    const { promise, resolve } = Promise.withResolvers<Error>();
    dispatcherTo(kind, upstream.url).dispatch(
      { path: '/', method: 'GET' },
      { onRequestStart: () => undefined, onResponseError: (_controller, error) => resolve(error) },
    );
    expect((await promise).message).toBe('invalid onResponseStart method');
  });

  test.each(['start', 'head', 'data'])(
    'ends a call whose handler aborts it at the %s',
    async (when) => {
      const upstream = await startUpstream((_request, response) => {
        response.writeHead(200).write('a');
      });
      const why = new Error('enough');
      const handler = new Told({ [when]: (controller) => controller.abort(why) });
      await told(dispatcherTo(kind, upstream.url), {}, handler);
      expect([handler.events.at(-1), handler.error]).toEqual(['error', why]);
      expect(handler.controller).toMatchObject({ aborted: true, reason: why });
      await eventually(() => upstream.open === 0);
    },
  );

  test.each(['head', 'data'])('ends a call whose handler throws at the %s', async (when) => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200).write('a');
    });
    const bug = new Error('bug');
    const handler = new Told({
      [when]: () => {
        throw bug;
      },
    });
    await told(dispatcherTo(kind, upstream.url), {}, handler);
    expect([handler.events.at(-1), handler.error]).toEqual(['error', bug]);
    await eventually(() => upstream.open === 0);
  });

  test('aborts once', async () => {
    const upstream = await startUpstream(() => undefined);
    const handler = new Told();
    dispatcherTo(kind, upstream.url).dispatch({ path: '/', method: 'GET' }, handler);
    await eventually(() => upstream.hits === 1);
    handler.controller!.abort(new Error('first'));
    handler.controller!.abort(new Error('second'));
    await handler.ended;
    expect([handler.events, handler.error?.message]).toEqual([['start', 'error'], 'first']);
  });

  test.each(['head', 'data'])('delivers nothing while it is paused at the %s', async (when) => {
    const upstream = await startUpstream((_request, response) => response.end(Buffer.alloc(SIZE)));
    let paused = 0;
    let received = 0;
    const handler = new Told({
      [when]: (controller) => {
        if (paused++ === 0) controller.pause();
      },
    });
    const onData = handler.onResponseData.bind(handler);
    handler.onResponseData = (controller, chunk) => {
      expect(controller.paused).toBe(false);
      received += chunk.length;
      onData(controller, chunk);
    };
    dispatcherTo(kind, upstream.url).dispatch({ path: '/', method: 'GET' }, handler);
    await eventually(() => paused === 1);
    const before = received;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(received).toBe(before);

    handler.controller!.resume();
    await handler.ended;
    expect([received, handler.events.at(-1)]).toEqual([SIZE, 'end']);
  });

  test('tells an error once the answer is cut', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('abc', () => void response.socket?.end());
    });
    const { events, text } = await told(dispatcherTo(kind, upstream.url));
    expect([events, text]).toEqual([['start', 'head 200 OK', 'data', 'error'], 'abc']);
  });

  test('destroys the stream that it was sending once the call fails', async () => {
    const upstream = await startUpstream((_request, response) => response.destroy());
    const body = new Readable({ read() {} });
    body.push(Buffer.alloc(200_000));
    await told(dispatcherTo(kind, upstream.url), { method: 'POST', body });
    await eventually(() => body.destroyed);
  });

  test('fails with the error of the stream that it was sending', async () => {
    const upstream = await startUpstream((request) => void request.resume());
    const body = new Readable({ read() {} });
    body.push(Buffer.alloc(200_000));
    const ended = told(dispatcherTo(kind, upstream.url), { method: 'POST', body });
    await eventually(() => upstream.hits === 1);
    body.destroy(new Error('source broke'));
    expect((await ended).error?.message).toBe('source broke');
  });

  test.each([
    ['longer', ['abc', 'def'], 4],
    ['shorter', ['a'], 4],
  ])('fails if a stream is %s than its length says', async (_what, chunks, length) => {
    const upstream = await startUpstream((request) => void request.resume());
    const dispatcher = dispatcherTo(kind, upstream.url);
    const headers = { 'content-length': String(length) };
    const body = Readable.from(chunks, { objectMode: false });
    const { events } = await told(dispatcher, { method: 'POST', body, headers });
    expect(events).toEqual(['start', 'error']);
  });

  test('takes the time that the caller gives to the head', async () => {
    const upstream = await startUpstream(() => undefined);
    const { error } = await told(dispatcherTo(kind, upstream.url), { headersTimeout: 20 });
    expect(error).toBeInstanceOf(errors.HeadersTimeoutError);
  });

  test('takes the time that the caller gives between two chunks', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200).write('a');
    });
    const { error, text } = await told(dispatcherTo(kind, upstream.url), { bodyTimeout: 20 });
    expect([error instanceof errors.BodyTimeoutError, text]).toEqual([true, 'a']);
  });

  test('refuses everything once it is closed', async () => {
    const upstream = await echoing();
    const dispatcher = dispatcherTo(kind, upstream.url);
    await told(dispatcher);
    await dispatcher.close();
    expect((await told(dispatcher)).error?.message).toMatch(/closed|destroyed/);
  });

  test('ends what is running once it is destroyed', async () => {
    const upstream = await startUpstream(() => undefined);
    const dispatcher = dispatcherTo(kind, upstream.url);
    const running = told(dispatcher);
    await eventually(() => upstream.hits === 1);
    await dispatcher.destroy(new Error('away'));
    expect((await running).error?.message).toBe('away');
  });

  test('serves the methods that undici builds on dispatch', async () => {
    const upstream = await echoing();
    const dispatcher = dispatcherTo(kind, upstream.url);
    const { statusCode, body } = await dispatcher.request({ path: '/a', method: 'PUT', body: 'x' });
    expect([statusCode, await body.json()]).toMatchObject([200, { method: 'PUT', body: 'x' }]);
    const chunks: Buffer[] = [];
    await dispatcher.stream(
      { path: '/b', method: 'GET' },
      () =>
        new Writable({
          write: (chunk: Buffer, _encoding, done) => {
            chunks.push(chunk);
            done();
          },
        }),
    );
    expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ url: '/b' });
  });
});

async function* pieces(): AsyncGenerator<Buffer> {
  yield Buffer.from('c');
  yield Buffer.from('d');
}
