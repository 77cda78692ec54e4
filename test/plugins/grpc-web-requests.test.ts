/** What gRPC-Web takes for a request, how long it may last, and what happens to one that ends early. */
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../helpers/clock.ts';
import { framed } from '../helpers/grpc.ts';
import { BINARY, callWeb, openWeb, readFrames, TEXT } from '../helpers/grpc-web.ts';
import { openH2 } from '../helpers/h2-client.ts';
import { startH2 } from '../helpers/secure-upstream.ts';
import { eventually } from '../helpers/upstream.ts';
import { echo, inFrontOf, serving } from './web-gateway.ts';

describe('base64', () => {
  const wrapped = (...pieces: readonly Buffer[]): string =>
    pieces.map((piece) => piece.toString('base64')).join('');
  const message = framed('0123456789');

  test('may be padded wherever the client flushed', async () => {
    const url = await serving({ Get: echo });
    for (let at = 1; at < message.length; at++) {
      const body = wrapped(message.subarray(0, at), message.subarray(at));
      expect((await callWeb(url, { type: TEXT, body })).messages).toEqual(['got 0123456789']);
    }
  });

  test('may be split anywhere', async () => {
    const url = await serving({ Get: echo });
    const text = wrapped(message.subarray(0, 4), message.subarray(4));
    const session = await openH2(url);
    for (let at = 1; at < text.length; at++) {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/shop.Stock/Get',
        'content-type': TEXT,
      });
      stream.write(text.slice(0, at));
      await new Promise(setImmediate);
      stream.end(text.slice(at));
      const body = Buffer.concat((await stream.toArray()) as Buffer[]);
      expect(readFrames(TEXT, body).messages).toEqual(['got 0123456789']);
    }
  });
});

describe('a request that is not gRPC-Web', () => {
  const invalid = `${status.INVALID_ARGUMENT}`;

  test.each([
    ['a foreign character', TEXT, 'AAAAAAE!'],
    ['the alphabet of URLs', TEXT, 'AAAAAAH_'],
    ['a group that is cut short', TEXT, 'AAAAAAF4A'],
    ['padding in the wrong place', TEXT, 'A==='],
    ['a message that is shorter than it says', BINARY, framed('12345').subarray(0, 8)],
    ['a head that is cut short', BINARY, framed('').subarray(0, 3)],
    ['a length of 4 GiB', BINARY, Buffer.from([0, 255, 255, 255, 255, 1])],
    ['trailers', BINARY, Buffer.from([0x80, 0, 0, 0, 0])],
    ['flags that mean nothing', BINARY, Buffer.from([2, 0, 0, 0, 0])],
  ])('with %s is refused as an invalid argument', async (_what, type, bytes) => {
    const url = await serving({ Get: echo });
    const body = typeof bytes === 'string' ? bytes : new Uint8Array(bytes);
    const { trailers, messages } = await callWeb(url, { type, body });
    expect([trailers?.['grpc-status'], messages]).toEqual([invalid, []]);
    expect(trailers?.['grpc-message']).toMatch(/^Request is not valid: /);
    // The connection, and the upstream's, still serve.
    expect((await callWeb(url)).messages).toEqual(['got x']);
  });

  test('is refused in its middle, too, and the upstream sees the stream end', async () => {
    let isCancelled = false;
    const url = await serving({
      Talk: (call) => {
        call.write(Buffer.from('hello'));
        call.on('cancelled', () => (isCancelled = true));
        call.on('data', () => undefined);
      },
    });
    const stream = (await openH2(url)).request({
      ':method': 'POST',
      ':path': '/shop.Stock/Talk',
      'content-type': BINARY,
    });
    stream.write(framed('one'));
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (chunks.length === 1) stream.write(Buffer.from([7, 7, 7]));
    });
    await new Promise((resolve) => stream.on('close', resolve));
    const { messages, trailers } = readFrames(BINARY, Buffer.concat(chunks));
    expect([messages, trailers?.['grpc-status']]).toEqual([['hello'], invalid]);
    await eventually(() => isCancelled);
  });

  test('passes as it is', async () => {
    const { url: origin } = await startH2((stream, headers) => {
      stream.resume();
      stream.respond({ ':status': 200, 'content-type': 'text/plain' });
      stream.end(`${headers[':method']} ${String(headers['content-type'])}`);
    });
    const url = await inFrontOf(origin);
    const response = await fetch(url, { method: 'PUT', headers: { 'content-type': BINARY } });
    expect(await response.text()).toBe(`PUT ${BINARY}`);
    const json = await openWeb(url, { type: 'application/json', body: '{}' });
    expect(await json.text()).toBe('POST application/json');
    // No gRPC came back, so the status is what tells.
    expect(await (await openWeb(url)).text()).toBe('POST application/grpc+proto');
  });
});

describe('time and leaving', () => {
  test('a deadline of the client ends a call, before its answer and within it', async () => {
    const clock = manualClock();
    let asked = 0;
    const url = await serving(
      { Watch: (call) => void call.write(Buffer.from('one')), Get: () => (asked += 1) },
      { clock },
    );
    const headers = { 'grpc-timeout': '20S' };
    const got = callWeb(url, { headers });
    const watched = await openWeb(url, { path: '/shop.Stock/Watch', headers });
    const rest = watched.arrayBuffer();
    await eventually(() => asked === 1);
    clock.advance(20_000);
    const over = `${status.DEADLINE_EXCEEDED}`;
    expect((await got).trailers?.['grpc-status']).toBe(over);
    const { messages, trailers } = readFrames(BINARY, Buffer.from(await rest));
    expect([messages, trailers?.['grpc-status']]).toEqual([['one'], over]);
  });

  test('a client that leaves ends the call of the upstream', async () => {
    let isCancelled = false;
    const url = await serving({
      Watch: (call) => {
        call.write(Buffer.from('one'));
        call.on('cancelled', () => (isCancelled = true));
      },
    });
    const abort = new AbortController();
    const response = await openWeb(url, { path: '/shop.Stock/Watch', signal: abort.signal });
    await response.body!.getReader().read();
    abort.abort();
    await eventually(() => isCancelled);
  });

  test('a client that does not read pauses the upstream', async () => {
    let written = 0;
    const url = await serving({
      Watch: (call) => {
        const more = (): void => {
          while (call.write(Buffer.alloc(65_536)) && written < 100_000_000) written += 65_536;
        };
        call.on('drain', more);
        call.on('error', () => undefined);
        more();
      },
    });
    const abort = new AbortController();
    await openWeb(url, { path: '/shop.Stock/Watch', type: TEXT, signal: abort.signal });
    let before = -1;
    await eventually(() => {
      const isStill = written === before;
      before = written;
      return isStill && written > 0;
    });
    expect(written).toBeLessThan(50_000_000);
    abort.abort();
  });
});
