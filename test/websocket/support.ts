/** A gateway with one WebSocket route, real upstreams behind it, and clients in front. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createWire,
  type Server,
  type Socket,
} from 'node:net';
import { onTestFinished } from 'vitest';
import { type ClientOptions, type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { TestGateway, TestGatewayOptions } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

export const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

interface SocketGatewayOptions {
  /** Of the key `websocket`. */
  readonly websocket?: unknown;
  readonly upstream?: object;
  readonly route?: object;
  readonly config?: object;
  readonly options?: TestGatewayOptions;
}

/** All of `/*` goes to `targets`. */
export const socketGateway = (
  targets: string | readonly string[],
  { websocket = true, upstream, route, config, options }: SocketGatewayOptions = {},
): Promise<TestGateway> =>
  startGateway({
    ...options,
    config: {
      admin: { port: 0 },
      upstreams: { up: { targets: [targets].flat(), ...upstream } },
      routes: { live: { match: { path: '/*' }, upstream: 'up', websocket, ...route } },
      ...config,
    },
  });

async function listening(server: Server, path: string): Promise<string> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}

/** A ws server; plain requests get `listener`. */
export async function wsUpstream(
  onSocket: (socket: WebSocket) => void,
  options: ServerOptions = {},
  listener: RequestListener = (_request, response) => void response.end('plain'),
): Promise<string> {
  const server = createServer(listener);
  const sockets = new WebSocketServer({ ...options, server });
  sockets.on('connection', (socket: WebSocket) => {
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  return listening(server, '');
}

/** Sends each message back as it came. */
export const echo = (socket: WebSocket): void => {
  socket.on('message', (data: Buffer, binary: boolean) => socket.send(data, { binary }));
};

/** Answers a handshake by hand; then `onSocket` has the bare connection, and what came with the head. */
export function wireUpstream(
  onSocket: (socket: Socket, head: string) => void,
  answer = (head: string): string => switching(head),
): Promise<string> {
  const server = createWire((socket) => {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', function read(chunk: Buffer) {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', read);
      socket.write(answer(text.slice(0, end)));
      const early = text.slice(end + 4);
      if (early !== '') socket.unshift(Buffer.from(early, 'latin1'));
      onSocket(socket, text.slice(0, end));
    });
  });
  return listening(server, '');
}

/** The 101 to a head, with further lines. */
export function switching(head: string, ...lines: readonly string[]): string {
  const key = /^sec-websocket-key: (.*)$/im.exec(head)?.[1] ?? '';
  const own = ['connection: Upgrade', 'upgrade: websocket'];
  const accept = `sec-websocket-accept: ${acceptOf(key)}`;
  return ['HTTP/1.1 101 Switching Protocols', ...own, accept, ...lines, '', ''].join('\r\n');
}

/** A ws client; errors do not end the test, since `close` follows. */
export function wsClient(
  { url }: { readonly url: string },
  path = '/',
  protocols: readonly string[] = [],
  options: ClientOptions = {},
): WebSocket {
  const client = new WebSocket(url.replace(/^http/, 'ws') + path, protocols, options);
  client.on('error', () => undefined);
  onTestFinished(() => client.terminate());
  return client;
}

export async function opened(...args: Parameters<typeof wsClient>): Promise<WebSocket> {
  const client = wsClient(...args);
  await once(client, 'open');
  return client;
}

export async function closeOf(socket: WebSocket): Promise<readonly [code: number, reason: string]> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
}

/** The head of a request for a WebSocket. A line replaces one of the same name; `name:` removes it. */
export function headOf(...lines: readonly string[]): string {
  const fields = new Map([
    ['host', 'Host: shop.test'],
    ['connection', 'Connection: Upgrade'],
    ['upgrade', 'Upgrade: websocket'],
    ['sec-websocket-key', `Sec-WebSocket-Key: ${KEY}`],
    ['sec-websocket-version', 'Sec-WebSocket-Version: 13'],
  ]);
  const [first = 'GET /live HTTP/1.1'] = lines.filter((line) => / HTTP\/1\.\d$/.test(line));
  for (const line of lines) {
    if (line === first) continue;
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    if (line.endsWith(':')) fields.delete(name);
    else fields.set(name, line);
  }
  return `${[first, ...fields.values()].join('\r\n')}\r\n\r\n`;
}

export interface RawClient {
  readonly socket: Socket;
  /** All that has come. */
  readonly bytes: () => Buffer;
  /** Resolves once `claim` holds of it. */
  until(claim: (bytes: Buffer) => boolean): Promise<Buffer>;
  /** Resolves with all that came, once the connection is closed. */
  readonly closed: Promise<Buffer>;
}

/** A bare connection that has sent `text`. */
export async function rawClient(url: string, text: string | Buffer): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  const bytes = (): Buffer => Buffer.concat(chunks);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  const closed = new Promise<Buffer>((resolve) => socket.once('close', () => resolve(bytes())));
  await once(socket, 'connect');
  socket.write(text);
  const until = (claim: (all: Buffer) => boolean): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (claim(bytes())) resolve(bytes());
      };
      socket.on('data', look);
      socket.once('close', () => reject(new Error(`closed after: ${bytes().toString('latin1')}`)));
      look();
    });
  return { socket, bytes, until, closed };
}

/** What comes after the head of an answer. */
export const afterHead = (bytes: Buffer): Buffer => {
  const end = bytes.indexOf('\r\n\r\n');
  return end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 4);
};

/** A raw client whose connection is upgraded by now. */
export async function upgraded(url: string, ...lines: readonly string[]): Promise<RawClient> {
  const client = await rawClient(url, headOf(...lines));
  await client.until((bytes) => bytes.includes('\r\n\r\n'));
  return client;
}

interface Frame {
  readonly opcode?: number;
  readonly fin?: boolean;
  /** Reserved bits, as in the first byte: 0x40, 0x20, 0x10. */
  readonly reserved?: number;
  readonly payload?: Uint8Array | string;
  /** Four bytes; absent: not masked. */
  readonly mask?: readonly number[];
}

export const MASK = [0x37, 0xfa, 0x21, 0x3d] as const;

/** A frame as RFC 6455 §5.2 draws it. */
export function frame({ opcode = 1, fin = true, reserved = 0, payload = '', mask }: Frame): Buffer {
  const data = Buffer.from(payload as string);
  const bit = mask === undefined ? 0 : 0x80;
  const first = (fin ? 0x80 : 0) | reserved | opcode;
  const head =
    data.length < 126
      ? Buffer.from([first, bit | data.length])
      : data.length < 65_536
        ? Buffer.from([first, bit | 126, data.length >> 8, data.length & 255])
        : Buffer.concat([Buffer.from([first, bit | 127]), eightBytes(data.length)]);
  if (mask === undefined) return Buffer.concat([head, data]);
  const masked = data.map((byte, i) => byte ^ mask[i & 3]!);
  return Buffer.concat([head, Buffer.from(mask), masked]);
}

function eightBytes(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}

/** A close frame's code, if `bytes` is one to a client. */
export const closeFrameCode = (bytes: Buffer): number | undefined =>
  bytes.length >= 4 && bytes[0] === 0x88 ? bytes.readUInt16BE(2) : undefined;
