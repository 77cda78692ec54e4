import { once } from 'node:events';
import { connect as connectH2 } from 'node:http2';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { RequestHandler } from '../../src/assembly/admission.ts';
import { systemClock } from '../../src/core/clock.ts';
import { http2Sessions } from '../../src/listener/http2.ts';
import { fetchH2 } from '../helpers/h2-client.ts';
import { END_HEADERS, frame, POST, PREFACE, TYPE } from '../helpers/h2-frames.ts';

const LIMITS = {
  bodyBytes: 1_000,
  headersBytes: 16_384,
  urlBytes: 8_192,
  headersTimeoutMs: 10_000,
  idleMs: 10_000,
  minRate: 240,
  readerIdleMs: 10_000,
  answerMs: 300_000,
  keepAliveMs: 10_000,
  connections: 10,
};

const RESET = frame(TYPE.reset, 0, 1, Buffer.from([0, 0, 0, 0]));

/** Serves HTTP/2 without TLS, which is not asked for here; gives the port. */
async function serve(handler: RequestHandler): Promise<number> {
  const sessions = http2Sessions(LIMITS, systemClock, handler);
  const server = createServer((socket) => sessions.accept(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    sessions.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('fields of the connection are left out of an answer, and its status text', async () => {
  const port = await serve((_request, response) => {
    response.setHeader('keep-alive', 'timeout=5');
    response.writeHead(200, 'Fine', { 'Transfer-Encoding': 'chunked', 'x-kept': '1' }).end('x');
  });
  const session = connectH2(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const { status, headers, body } = await fetchH2(session, {});
  expect([status, body.toString(), headers['x-kept']]).toEqual([200, 'x', '1']);
  expect(headers['keep-alive'] ?? headers['transfer-encoding']).toBeUndefined();
});

test.each([
  ['is reset', false, (): Buffer => RESET],
  ['is reset after its answer', true, (): Buffer => RESET],
  ['loses its connection', false, (): undefined => undefined],
])('the body of a stream that %s never ends: it fails', async (_how, isAnswered, last) => {
  const events: string[] = [];
  const port = await serve((request, response) => {
    request.on('data', () => events.push('data')).on('end', () => events.push('end'));
    request.on('error', () => events.push('error')).on('close', () => events.push('close'));
    if (isAnswered) response.writeHead(200).end('early');
  });
  const client = connect(port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
  });
  client.write(Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0)]));
  client.write(frame(TYPE.headers, END_HEADERS, 1, POST));
  client.write(frame(TYPE.data, 0, 1, Buffer.from('a part')));
  await expect.poll(() => events).toContain('data');
  const bytes = last();
  if (bytes === undefined) client.destroy();
  else client.write(bytes);
  await expect.poll(() => events).toContain('close');
  expect(events).toContain('error');
  expect(events).not.toContain('end');
});
