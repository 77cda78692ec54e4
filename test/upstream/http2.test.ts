import { get } from 'node:http';
import { constants } from 'node:http2';
import { describe, expect, test } from 'vitest';
import { HELD_BYTES } from '../../src/core/body.ts';
import { Cancellation } from '../../src/core/cancellation.ts';
import { systemClock } from '../../src/core/clock.ts';
import { bytesOf } from '../helpers/body.ts';
import { aRequest, failure } from '../helpers/call.ts';
import {
  identity,
  pem,
  startH2,
  startSecure,
  type StreamListener,
} from '../helpers/secure-upstream.ts';
import { leafTo, type Reached } from '../helpers/state.ts';
import { sending } from '../helpers/upload.ts';
import { eventually, startUpstream } from '../helpers/upstream.ts';

const { NGHTTP2_CANCEL } = constants;
const tls = { ca: pem('ca.pem') };

/** Answers with the request's body, or with its fields if there is no body. */
const echo: StreamListener = (stream, headers) => {
  stream.respond({ ':status': 200, 'x-method': headers[':method'] });
  if (headers[':method'] === 'GET') stream.end(JSON.stringify(headers));
  else stream.pipe(stream);
};

const h2To = (url: string, fields: object = {}): Reached =>
  leafTo(url, { http2: true, tls, ...fields });

/** The trailers of an answer, as Node.js reads them. */
const fetchTrailers = (url: string): Promise<object> =>
  new Promise((resolve, reject) => {
    get(url, { headers: { te: 'trailers' } }, (response) => {
      response.resume().once('end', () => resolve(response.trailers));
    }).once('error', reject);
  });

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each([
  ['h2', { tls: identity('server') }],
  ['h2c', {}],
])('over %s', (kind, options) => {
  test('a request and its answer are the same as over HTTP/1.1', async () => {
    const upstream = await startH2(echo, options);
    const { call } = h2To(upstream.url);
    const headers = { host: 'orders.example', 'x-list': ['1', '2'], cookie: 'a=1; b=2' };
    const { body, ...head } = await call(aRequest({ path: '/a%2Fb', query: '?q=%20', headers }));
    expect(head).toMatchObject({ status: 200, target: upstream.url });
    expect(Object.keys(head.headers).filter((name) => name.startsWith(':'))).toEqual([]);
    expect(await body.json(10_000)).toMatchObject({
      ':authority': 'orders.example',
      ':path': '/a%2Fb?q=%20',
      ':scheme': kind === 'h2' ? 'https' : 'http',
      'x-list': '1, 2',
      cookie: 'a=1; b=2',
    });
  });

  test.each([{ 'content-length': '4' }, {}])('an upload streams (%j)', async (headers) => {
    const upstream = await startH2(echo, options);
    const { call } = h2To(upstream.url);
    for (const method of ['POST', 'PUT', 'DELETE', 'PROPFIND']) {
      const { upload, client } = sending();
      client.end('body');
      const { body } = await call(aRequest({ method, headers, body: upload }));
      expect((await body.bytes(10)).toString()).toBe('body');
    }
    expect(upstream.sessions).toHaveLength(1);
  });

  test('many calls at once share one session', async () => {
    const upstream = await startH2(echo, options);
    const { call, state } = h2To(upstream.url);
    const calls = Array.from({ length: 50 }, () => call(aRequest()));
    for (const { body } of await Promise.all(calls)) await body.dump();
    expect(upstream.sessions).toHaveLength(1);
    expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 0 });
  });

  test('a cancelled call ends its stream and no other', async () => {
    const upstream = await startH2((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('some');
    }, options);
    const { call } = h2To(upstream.url);
    const signal = new Cancellation();
    const [kept, ended] = await Promise.all([call(aRequest()), call(aRequest({ signal }))]);
    ended.body.destroy();
    await eventually(() => upstream.streams.filter(({ closed }) => closed).length === 1);
    const live = upstream.streams.find(({ closed }) => !closed)!;
    live.end(' more');
    expect((await kept.body.bytes(100)).toString()).toBe('some more');
    expect(upstream.sessions).toHaveLength(1);
  });

  test('a call cancelled before the head, while it uploads, ends its stream', async () => {
    const upstream = await startH2((stream) => void stream.resume(), options);
    const { call, state } = h2To(upstream.url);
    const signal = new Cancellation();
    const { upload, client } = sending();
    client.write('half');
    const outcome = call(aRequest({ method: 'POST', body: upload, signal }));
    await eventually(() => upstream.streams.length === 1);
    signal.cancel(failure('GW_CLIENT_CLOSED'));
    await expect(outcome).rejects.toMatchObject({ code: 'GW_CLIENT_CLOSED' });
    await eventually(() => upstream.streams[0]!.closed);
    expect(upstream.streams[0]).toMatchObject({ rstCode: NGHTTP2_CANCEL, aborted: true });
    expect(upstream.sessions[0]!.closed).toBe(false);
    expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 0 });
  });

  test('a call cancelled while the session opens sends nothing', async () => {
    const upstream = await startH2(echo, options);
    const { call, state } = h2To(upstream.url);
    const signals = [1, 2, 3].map(() => new Cancellation());
    const calls = signals.map((signal) => call(aRequest({ signal })));
    for (const signal of signals) signal.cancel(failure('GW_CLIENT_CLOSED'));
    for (const each of calls)
      await expect(each).rejects.toMatchObject({ code: 'GW_CLIENT_CLOSED' });
    await eventually(() => state.targets.all[0]!.waiting === 0);
    await (await call(aRequest())).body.dump();
    expect(upstream.streams).toHaveLength(1);
  });

  test('trailers are passed on', async () => {
    const upstream = await startH2((stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end('body');
    }, options);
    const { body } = await h2To(upstream.url).call(aRequest());
    const client = await startUpstream((_request, response) => {
      body.send(response, 200, {}, { clock: systemClock, idleMs: 1_000, trailers: true });
    });
    const relayed = await fetchTrailers(client.url);
    expect(relayed).toEqual({ 'grpc-status': '0' });
  });

  test('informational responses are dropped', async () => {
    const upstream = await startH2((stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a.css>' });
      stream.respond({ ':status': 204 });
      stream.end();
    }, options);
    const { status, headers } = await h2To(upstream.url).call(aRequest());
    expect([status, headers['link']]).toEqual([204, undefined]);
  });

  test('an endless answer is paused, and other streams continue', async () => {
    let written = 0;
    const upstream = await startH2((stream, headers) => {
      stream.respond({ ':status': 200 });
      if (headers[':path'] === '/short') {
        stream.end(bytesOf(1_000_000));
        return;
      }
      const more = (): void => {
        while (!stream.destroyed && stream.write(bytesOf(HELD_BYTES))) written += HELD_BYTES;
        stream.once('drain', more);
      };
      more();
    }, options);
    const { call } = h2To(upstream.url);
    const unread = await Promise.all(Array.from({ length: 8 }, () => call(aRequest())));
    await eventually(() => unread.every(({ body }) => body.received >= HELD_BYTES));
    let before = -1;
    while (before !== written) {
      before = written;
      await pause(100);
    }
    for (const { body } of unread) expect(body.received).toBeLessThan(4 * HELD_BYTES);
    const { body } = await call(aRequest({ path: '/short' }));
    expect(await body.bytes(2_000_000)).toHaveLength(1_000_000);
    for (const each of unread) each.body.destroy();
  });

  test('an answer that is read slowly arrives whole', async () => {
    const upstream = await startH2((stream) => {
      stream.respond({ ':status': 200 });
      stream.end(bytesOf(1_000_000));
    }, options);
    const { body } = await h2To(upstream.url).call(aRequest());
    await pause(50);
    let total = 0;
    for await (const chunk of body.stream()) {
      total += (chunk as Buffer).length;
      await pause(1);
    }
    expect(total).toBe(1_000_000);
  });

  test('bytes that the upstream does not read are not read from the client', async () => {
    const upstream = await startH2((stream) => void stream.pause(), options);
    const { upload, client } = sending({ limitBytes: 1e9 });
    const { call } = h2To(upstream.url);
    const { signal } = aRequest();
    const outcome = call(aRequest({ method: 'PUT', body: upload, signal })).catch(String);
    await eventually(() => upstream.streams.length === 1);
    let sent = 0;
    for (let i = 0; i < 100; i++) {
      while (client.write(bytesOf(HELD_BYTES))) sent += HELD_BYTES;
      await pause(2);
    }
    expect(sent).toBeLessThan(10_000_000);
    signal.cancel(new Error('enough'));
    expect(await outcome).toBe('Error: enough');
  });

  test('an early answer ends the upload', async () => {
    const upstream = await startH2((stream) => {
      stream.respond({ ':status': 409 });
      stream.end('some');
    }, options);
    const { upload, client } = sending();
    client.write('half');
    const { call } = h2To(upstream.url);
    const { status, body } = await call(aRequest({ method: 'POST', body: upload }));
    expect(status).toBe(409);
    expect((await body.bytes(10)).toString()).toBe('some');
    await eventually(() => upstream.streams[0]!.closed);
    expect(upload.isFlowing).toBe(false);
    expect(upstream.sessions[0]!.closed).toBe(false);
  });

  test('fields of a connection are never sent and spoil no session', async () => {
    const upstream = await startH2(echo, options);
    const { call } = h2To(upstream.url);
    await (await call(aRequest())).body.dump();
    for (const headers of [
      { te: 'gzip' },
      { te: 'trailers' },
      { 'proxy-connection': 'keep-alive', 'http2-settings': 'AAMAAABk' },
      { connection: 'keep-alive, x-own', 'x-own': '1' },
      { 'transfer-encoding': 'chunked', upgrade: 'h2c', 'keep-alive': 'timeout=5' },
    ]) {
      const { body } = await call(aRequest({ headers }));
      const received = (await body.json(10_000)) as object;
      const { te } = headers as { te?: string };
      expect(Object.keys(received).filter((name) => !name.startsWith(':'))).toEqual(
        te === 'trailers' ? ['te'] : [],
      );
    }
    expect(upstream.sessions).toHaveLength(1);
  });

  test('a pseudo-header cannot be sent and spoils no session', async () => {
    const upstream = await startH2(echo, options);
    const { call } = h2To(upstream.url);
    await (await call(aRequest())).body.dump();
    for (const name of [':path', ':authority', ':protocol']) {
      await expect(call(aRequest({ headers: { [name]: '/evil' } }))).rejects.toMatchObject({
        code: 'GW_INTERNAL',
      });
    }
    await (await call(aRequest())).body.dump();
    expect(upstream.sessions).toHaveLength(1);
  });
});

test('a server without HTTP/2 is spoken to in HTTP/1.1', async () => {
  const upstream = await startSecure((request, response) => void response.end(request.httpVersion));
  const { call } = h2To(upstream.url);
  const answers = await Promise.all([1, 2, 3].map(() => call(aRequest())));
  for (const { body } of answers) expect((await body.bytes(10)).toString()).toBe('1.1');
});

test('HTTP/2 is not used unless the config asks for it', async () => {
  const upstream = await startH2(echo, { tls: identity('server') });
  const { call } = leafTo(upstream.url, { tls });
  await expect(call(aRequest())).rejects.toMatchObject({ code: 'GW_UPSTREAM_CONNECT' });
  expect(upstream.streams).toHaveLength(0);
});
