/** WebSockets through every kind of listener, to an upstream on a unix socket. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { line } from '../helpers/proxy-headers.ts';
import { socketFile } from '../helpers/socket-file.ts';
import { echo, KEY, socketGateway } from './support.ts';

/** An echoing server on a unix socket. */
async function upstreamOnSocket(): Promise<string> {
  const path = socketFile();
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', echo);
  await once(server.listen(path), 'listening');
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate();
    server.close();
  });
  return `unix:${path}`;
}

const upgrade = [
  'GET / HTTP/1.1',
  'host: a',
  'connection: Upgrade',
  'upgrade: websocket',
  `sec-websocket-key: ${KEY}`,
  'sec-websocket-version: 13',
  '\r\n',
].join('\r\n');
/** `hi`, with a mask of zeros (RFC 6455 §5.2). */
const HI = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);

async function dial(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = url.startsWith('unix:')
    ? connect(url.slice('unix:'.length))
    : connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

test.each([
  ['HTTP/2 by prior knowledge', () => ({ http2: 'prior' }), ''],
  [
    'the PROXY protocol',
    () => ({ proxyProtocol: { version: 'v1', from: ['127.0.0.1'] } }),
    line('203.0.113.7'),
  ],
  ['a unix socket', () => ({ socket: socketFile('in.sock') }), ''],
])('a listener with %s passes a WebSocket to a unix socket', async (_what, server, begin) => {
  const target = await upstreamOnSocket();
  const { url } = await socketGateway(target, { config: { server: server() } });
  const socket = await dial(url);
  let got = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => (got = Buffer.concat([got, chunk])));
  socket.write(begin + upgrade);
  await expect.poll(() => got.toString('latin1')).toMatch(/^HTTP\/1\.1 101 /);
  socket.write(HI);
  await expect.poll(() => got.toString('latin1')).toContain('\r\n\r\n\x81\x02hi');
});
