/** Frames of HTTP/2 as bytes, for what no client would send. */
import type { Socket } from 'node:net';
import { open } from '../gateway/support/socket.ts';
import { openSecure } from './secure-client.ts';

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const TYPE = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  update: 8,
  more: 9,
};
export const END_STREAM = 1;
export const END_HEADERS = 4;

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** GET / with `host` a, by the static table of HPACK (RFC 7541 App. A). */
export const GET = Buffer.concat([Buffer.from([0x82, 0x87, 0x84, 0x41, 0x01]), Buffer.from('a')]);

/** The same with POST. */
export const POST = Buffer.concat([Buffer.from([0x83]), GET.subarray(1)]);

/** And with `content-length: 100000`: more than is collected before an upstream is called. */
export const LONG_POST = Buffer.concat([POST, Buffer.from([0x0f, 0x0d, 6]), Buffer.from('100000')]);

/** A connection for HTTP/2: with TLS it has chosen `h2`. */
export const openForH2 = (url: string): Promise<Socket> =>
  url.startsWith('https:') ? openSecure(url, { ALPNProtocols: ['h2'] }) : openPlain(url);

async function openPlain(url: string): Promise<Socket> {
  const socket = await open(url);
  return socket.once('end', () => socket.destroy());
}

/** The same, with its preface sent. */
export async function openFrames(url: string): Promise<Socket> {
  const socket = await openForH2(url);
  socket.write(Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0)]));
  return socket;
}

/** Resolves with all that came when the gateway has closed the connection. */
export async function closed(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // `once` of node:events would fail with the reset that may come before.
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks);
}
