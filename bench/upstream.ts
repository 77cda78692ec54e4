/**
 * The process behind every subject, at the lowest cost that Node allows: one small JSON body, or as many bytes as
 * `/api/bytes/N` asks for. A body is read to its end before the answer, which then says how long it was.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ANSWER } from '../src/load/answer.ts';
import { announce, listen } from './serve.ts';

const body = Buffer.from(ANSWER);
const headers = { 'content-type': 'application/json', 'content-length': body.length };
/** By length; a run asks for a few. */
const blocks = new Map<number, Buffer>();
const MOST_BYTES = 64 * 1_048_576;

const server = createServer({ keepAliveTimeout: 72_000 }, (request, response) => {
  if (request.method === 'POST') receive(request, response);
  else if (request.url!.startsWith('/api/bytes/')) sendBytes(request.url!, response);
  else answer(response);
});

function answer(response: ServerResponse): void {
  response.writeHead(200, headers);
  response.end(body);
}

function receive(request: IncomingMessage, response: ServerResponse): void {
  let received = 0;
  request.on('data', (chunk: Buffer) => (received += chunk.length));
  request.on('end', () => {
    response.writeHead(200, { ...headers, 'x-received': received });
    response.end(body);
  });
}

function sendBytes(url: string, response: ServerResponse): void {
  const bytes = Number(url.slice('/api/bytes/'.length));
  if (!Number.isInteger(bytes) || bytes < 0 || bytes > MOST_BYTES) {
    response.writeHead(404);
    response.end();
    return;
  }
  const block = blocks.get(bytes) ?? Buffer.alloc(bytes, 'x');
  blocks.set(bytes, block);
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': bytes,
  });
  response.end(block);
}

announce(await listen(server));
