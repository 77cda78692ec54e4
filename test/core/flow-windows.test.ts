import { once } from 'node:events';
import { connect, createServer, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type FlowWindowOptions, FlowWindows } from '../../src/core/flow-windows.ts';
import { ask } from '../helpers/h2-client.ts';
import { closed, END_HEADERS, frame, POST, PREFACE, TYPE } from '../helpers/h2-frames.ts';

const MIB = 1_048_576;
const ACK = 1;
const OPTIONS: FlowWindowOptions = {
  unreadBytes: 4 * MIB,
  sharedBytes: 2 * MIB,
  narrowestBytes: 65_536,
  widestBytes: MIB,
  initialBytes: 65_535,
};

/** A server that reads the streams with odd numbers in `read`, and leaves the others. */
async function serverWith(read: (stream: ServerHttp2Stream) => boolean) {
  const streams: ServerHttp2Stream[] = [];
  const told: number[] = [];
  const server = createServer();
  server.on('session', (session) => {
    session.on('error', () => undefined);
    session.setLocalWindowSize(OPTIONS.unreadBytes);
    const windows = new FlowWindows(session, OPTIONS);
    const settings = session.settings.bind(session);
    session.settings = (values, done) => {
      told.push(values?.initialWindowSize ?? 0);
      settings(values, done);
    };
    session.on('stream', (stream) => {
      stream.on('error', () => undefined);
      streams.push(stream);
      windows.watch(stream);
      const answer = (): void => {
        if (!stream.destroyed) stream.respond({}, { endStream: true });
      };
      if (read(stream)) stream.resume().once('end', answer);
    });
    onTestFinished(() => session.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const unread = (): number => streams.reduce((sum, each) => sum + each.readableLength, 0);
  return { port, streams, told, unread };
}

function open(port: number) {
  const session = connect(`http://127.0.0.1:${port}`, { maxSessionMemory: 1_000 });
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

/** Sends `bytes`, and resolves with the answer. */
async function send(session: ReturnType<typeof open>, bytes: number): Promise<void> {
  const stream = ask(session, { ':method': 'PUT' });
  stream.end(Buffer.alloc(bytes));
  await once(stream.resume(), 'response');
}

test('a stream that makes use of its window gets a wider one, and a short one none', async () => {
  const { port, told } = await serverWith(() => true);
  const session = open(port);
  for (let i = 0; i < 20; i++) await send(session, 10_000);
  expect(told).toEqual([]);
  await send(session, 3 * MIB);
  expect(told).toEqual([MIB, 65_535]);
});

test('many streams share what few had: the windows narrow as they open', async () => {
  const { port, told } = await serverWith(() => true);
  const session = open(port);
  const fast = ask(session, { ':method': 'PUT' });
  fast.write(Buffer.alloc(100_000));
  await expect.poll(() => told).toEqual([MIB]);
  const others = Array.from({ length: 32 }, () => ask(session, { ':method': 'PUT' }));
  await expect.poll(() => told).toEqual([MIB, MIB / 2, MIB / 4, MIB / 8, 65_536]);
  for (const stream of others) stream.end();
  await Promise.all(others.map((stream) => once(stream.resume(), 'close')));
  fast.end(Buffer.alloc(MIB));
  await once(fast.resume(), 'close');
  expect(told.slice(-2)).toEqual([MIB, 65_535]);
});

test('streams that nobody reads leave room for those that are read', async () => {
  const { port, streams, unread } = await serverWith(({ id }) => id === 1 || id === 81);
  const session = open(port);
  await send(session, MIB);
  for (let id = 3; id < 81; id += 2) ask(session, { ':method': 'PUT' }).write(Buffer.alloc(MIB));
  await expect.poll(() => streams.length).toBe(40);
  await send(session, 8 * MIB);
  expect(unread()).toBeLessThanOrEqual(OPTIONS.unreadBytes);
});

test('a stream that is read at last gives back what it was withheld', async () => {
  const { port, streams, unread } = await serverWith(() => false);
  const session = open(port);
  const clients = Array.from({ length: 60 }, () => ask(session, { ':method': 'PUT' }));
  for (const client of clients) client.end(Buffer.alloc(300_000));
  await expect.poll(unread).toBeGreaterThan(3 * MIB);
  let received = 0;
  for (const stream of streams) stream.on('data', (chunk: Buffer) => (received += chunk.length));
  await expect.poll(() => received, { timeout: 10_000 }).toBe(60 * 300_000);
});

test('who heeds no window leaves no more unread: the connection is ended', async () => {
  const { port, unread, told } = await serverWith(({ id }) => id === 1);
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  const data = (stream: number, bytes: number): Buffer =>
    Buffer.concat(
      Array.from({ length: bytes / 16_384 }, () =>
        frame(TYPE.data, 0, stream, Buffer.alloc(16_384)),
      ),
    );
  const head = (stream: number): Buffer => frame(TYPE.headers, END_HEADERS, stream, POST);
  socket.write(Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0), frame(TYPE.settings, ACK, 0)]));
  socket.write(Buffer.concat([head(1), data(1, 49_152)]));
  await expect.poll(() => told).toEqual([MIB]);
  // The windows may be wide from now on, and no narrower ones are ever acknowledged.
  socket.write(frame(TYPE.settings, ACK, 0));
  let most = 0;
  const watching = setInterval(() => (most = Math.max(most, unread())), 1);
  onTestFinished(() => clearInterval(watching));
  for (let id = 3; id < 33; id += 2) socket.write(Buffer.concat([head(id), data(id, MIB)]));
  await closed(socket);
  most = Math.max(most, unread());
  expect(most).toBeGreaterThan(2 * MIB);
  expect(most).toBeLessThanOrEqual(OPTIONS.unreadBytes + 65_536);
});
