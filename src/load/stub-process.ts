/** Answers for every upstream, at the lowest cost that Node allows. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerOrder } from './orders.ts';

export interface StubOrder {
  /** Of each answer. */
  readonly body: string;
  /** From the head of a request to its answer. */
  readonly delayMs: number;
}

export interface StubTalk {
  readonly order: StubOrder;
  readonly news: never;
  readonly answer: { readonly url: string };
}

/** Longer than any gateway keeps a socket, so that none is closed under a request. */
const KEEP_ALIVE_MS = 600_000;

answerOrder<StubTalk>(async ({ body, delayMs }) => {
  const bytes = Buffer.from(body);
  const headers = { 'content-type': typeOf(body), 'content-length': bytes.length };
  const answer = (response: ServerResponse): void => {
    response.writeHead(200, headers);
    response.end(bytes);
  };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    request.resume();
    if (delayMs === 0) answer(response);
    else setTimeout(answer, delayMs, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}` };
});

function typeOf(body: string): string {
  try {
    JSON.parse(body);
    return 'application/json';
  } catch {
    return 'text/plain; charset=utf-8';
  }
}
