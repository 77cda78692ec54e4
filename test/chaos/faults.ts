/** What an upstream may do to a request, each written as bytes on a real socket. */
import type { ServerResponse } from 'node:http';
import { seeded } from '../helpers/seeded.ts';

/** The times of an upstream, in milliseconds. */
export interface Pace {
  /** Until the head of `slow`. */
  readonly slowMs: number;
  /** Between two bytes of `trickle`. */
  readonly trickleMs: number;
  /** Until an idle connection is closed; told in `Keep-Alive`, so that the gateway closes it before. */
  readonly keepAliveMs: number;
}

export const DEFAULT_PACE: Pace = { slowMs: 100, trickleMs: 15, keepAliveMs: 60_000 };

type Play = (response: ServerResponse, pace: Pace) => void;

const JSON_TYPE = { 'content-type': 'application/json' } as const;
const WHOLE = '{"ok":true}';
const PROMISED_BYTES = 100;
const HALF = 'x'.repeat(PROMISED_BYTES / 2);

/** Long enough for what was written to be read by the other side: a reset throws away what was not. */
const HEAD_START_MS = 20;

const answer = (response: ServerResponse, status: number, body: string): void => {
  response.writeHead(status, { ...JSON_TYPE, 'content-length': body.length }).end(body);
};

/** By name; `refuse` is not on the list, since it is the port that does it. */
export const FAULTS = {
  /** None. */
  ok: (response) => answer(response, 200, WHOLE),
  /** TCP reset where the head should come. */
  resetBeforeHead: ({ socket }) => void socket?.resetAndDestroy(),
  /** The head of a body of 100 bytes, then TCP reset. */
  resetAfterHead: (response) => {
    response.writeHead(200, { 'content-length': PROMISED_BYTES }).flushHeaders();
    // The immediate comes after sockets were read: even a stalled loop sees the head first.
    setTimeout(
      () => setImmediate(() => void response.socket?.resetAndDestroy()),
      HEAD_START_MS,
    ).unref();
  },
  /** 100 bytes are promised, 50 sent, and the connection ends. */
  cutBody: (response) => {
    const half = response.writeHead(200, { 'content-length': PROMISED_BYTES });
    half.write(HALF, () => void response.socket?.end());
  },
  /** A chunked body that ends without its last chunk. */
  cutChunks: (response) => {
    response.writeHead(200).write(HALF, () => void response.socket?.end());
  },
  /** Bytes that are no HTTP. */
  garbage: ({ socket }) => void socket?.end('SSH-2.0-OpenSSH_9.9\r\n'),
  /** A whole body, byte by byte. */
  trickle: (response, { trickleMs }) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-length': WHOLE.length });
    let sent = 0;
    const timer = setInterval(() => {
      response.write(WHOLE[sent]!);
      sent += 1;
      if (sent === WHOLE.length) response.end();
    }, trickleMs);
    response.once('finish', () => clearInterval(timer));
    response.once('close', () => clearInterval(timer));
  },
  /** Takes the request, and never answers. */
  hang: () => undefined,
  /** The head, then silence. */
  hangBody: (response) => {
    response.writeHead(200, { 'content-length': PROMISED_BYTES }).flushHeaders();
  },
  /** Half of the body, then silence. */
  hangHalf: (response) => {
    response.writeHead(200, { 'content-length': PROMISED_BYTES }).write(HALF);
  },
  /** Answers well, after a while. */
  slow: (response, { slowMs }) => {
    const timer = setTimeout(() => answer(response, 200, WHOLE), slowMs);
    response.once('close', () => clearTimeout(timer));
  },
  status500: (response) => answer(response, 500, '{"failed":true}'),
  status503: (response) => answer(response, 503, '{"busy":true}'),
  /** No fault: server-sent events, the first one at once, and the stream stays open. */
  events: (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n');
  },
} as const satisfies Record<string, Play>;

export type RequestFault = keyof typeof FAULTS;
/** `refuse`: nobody listens on the port. */
export type Fault = RequestFault | 'refuse';

/** `fault` for this `share` of the requests, else all is well. */
export function sometimes(fault: RequestFault, share: number, seed: number): () => RequestFault {
  const random = seeded(seed);
  return () => (random() < share ? fault : 'ok');
}

/** Any of `faults`, each as likely as the others. */
export function anyOf(faults: readonly RequestFault[], seed: number): () => RequestFault {
  const random = seeded(seed);
  return () => faults[Math.floor(random() * faults.length)]!;
}

/** In turns: `length` requests meet `fault`, and the next `length` do not. */
export function bursts(fault: RequestFault, length: number): () => RequestFault {
  let requests = 0;
  return () => (Math.floor(requests++ / length) % 2 === 0 ? fault : 'ok');
}
