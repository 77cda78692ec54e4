/** The thread of `flood.ts`: it answers each order once it is carried out. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { WebSocket, WebSocketServer } from 'ws';
import type { FloodOrder } from './flood.ts';

const MESSAGE = Buffer.alloc(65_536);

const server = createServer();
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket: WebSocket) => {
  socket.on('error', () => undefined);
  const flood = (error?: Error | null): void => {
    if (error == null) socket.send(MESSAGE, flood);
  };
  flood();
});
await once(server.listen(0, '127.0.0.1'), 'listening');
let clients: WebSocket[] = [];

async function opened(url: string, reads: boolean): Promise<WebSocket> {
  const client = new WebSocket(url.replace('http', 'ws'), [], { perMessageDeflate: false });
  client.on('error', () => undefined);
  await once(client, 'open');
  if (!reads) client.pause();
  return client;
}

parentPort!.on('message', (order: FloodOrder) => {
  void carryOut(order).then(() => parentPort!.postMessage('done'));
});

async function carryOut(order: FloodOrder): Promise<void> {
  for (const client of clients.splice(0)) client.terminate();
  if (order.count === 0) return;
  const more = Array.from({ length: order.count }, () => opened(order.url, order.reads));
  clients = await Promise.all(more);
}

parentPort!.postMessage(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
