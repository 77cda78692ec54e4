/**
 * Sends a request to a listener of the gateway itself, as a client on this machine would: whatever clients meet, it
 * meets too. Redirects are not followed, and nothing outlives the time for it.
 */
import { isUtf8 } from 'node:buffer';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { isIP } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { http } from '../core/node-http.ts';
import { socketPathOf } from '../core/socket-path.ts';
import type { TryAnswer } from './page-data.ts';
import type { TriedRequest } from './try-order.ts';

/** The most that is read of a body. */
export const MOST_BODY_BYTES = 65_536;
/** From the start to the end of the body; one that takes longer is cut, such as a stream of events. */
export const TRY_MS = 15_000;

export interface TryOptions {
  /** Of a listener for clients, or `unix:` and the path of its socket. */
  readonly url: string;
  readonly clock: Clock;
  /** Ends it: who asked has gone. */
  readonly signal: AbortSignal;
}

/** @throws an error of the system, or an AbortError, if there is no response head */
export async function tryRequest(
  request: TriedRequest,
  { url, clock, signal }: TryOptions,
): Promise<TryAnswer> {
  const startedAt = clock.now();
  const over = new AbortController();
  const timer = clock.after(TRY_MS, () => over.abort());
  try {
    // Not `signal`: it would destroy a response that has been read in part.
    const sent = await open(url, request);
    const cut = (): unknown => sent.destroy();
    signal.addEventListener('abort', cut, { once: true });
    over.signal.addEventListener('abort', cut, { once: true });
    const response = await headOf(sent, request.body);
    const { bytes, isWhole } = await read(response);
    signal.removeEventListener('abort', cut);
    return answerOf(response, bytes, isWhole, clock.now() - startedAt);
  } finally {
    clock.cancel(timer);
  }
}

async function open(url: string, { method, path, headers, body }: TriedRequest) {
  const socketPath = socketPathOf(url);
  const { protocol, hostname, port, host } = new URL(
    socketPath === undefined ? url : 'http://localhost',
  );
  const own = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? host;
  const fields = [
    ...headers,
    ...(headers.some(([name]) => name.toLowerCase() === 'host') ? [] : [['Host', own] as const]),
    ...(body === undefined ? [] : [['Content-Length', String(body.length)] as const]),
    ['Connection', 'close'] as const,
  ];
  const options: RequestOptions = {
    ...(socketPath === undefined
      ? { host: hostname.replace(/^\[(.*)\]$/, '$1'), port }
      : { socketPath }),
    method,
    path,
    headers: fields.flat(),
    agent: false,
  };
  if (protocol === 'http:') return http.request(options);
  const https = await import('node:https');
  // Nobody else is at this port: what its certificate says is of no interest.
  return https.request({ ...options, ...serverName(own), rejectUnauthorized: false });
}

/** The name of the certificate to ask for (RFC 6066 §3: no addresses). */
function serverName(host: string): { readonly servername?: string } {
  const name = host.replace(/:\d*$/, '');
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) === 0 && name !== '' ? { servername: name } : {};
}

function headOf(sent: ClientRequest, body: Buffer | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.on('error', reject);
    sent.once('close', () => reject(new Error('no response')));
    sent.end(body);
  });
}

/** As much of the body as comes and is wanted. */
async function read(response: IncomingMessage): Promise<{ bytes: Buffer; isWhole: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MOST_BODY_BYTES) break;
    }
  } catch {
    // It was cut, by the gateway or by the time for it; what came is told.
  }
  const bytes = Buffer.concat(chunks);
  return {
    bytes: bytes.subarray(0, MOST_BODY_BYTES),
    isWhole: response.complete && length <= MOST_BODY_BYTES,
  };
}

function answerOf(
  { statusCode = 0, rawHeaders, headers }: IncomingMessage,
  bytes: Buffer,
  isWhole: boolean,
  ms: number,
): TryAnswer {
  const encoding = isText(bytes, isWhole) ? 'utf8' : 'base64';
  const requestId = headers['x-request-id'];
  return {
    status: statusCode,
    headers: Array.from(
      { length: rawHeaders.length / 2 },
      (_each, i) => [rawHeaders[2 * i]!, rawHeaders[2 * i + 1]!] as const,
    ),
    body: bytes.toString(encoding),
    encoding,
    truncated: !isWhole,
    ...(typeof requestId === 'string' && { requestId }),
    ms: Math.round(ms * 100) / 100,
  };
}

/** What was cut may end within a character, which takes up to four bytes. */
const isText = (bytes: Buffer, isWhole: boolean): boolean =>
  isUtf8(bytes) ||
  (!isWhole && [1, 2, 3].some((cut) => isUtf8(bytes.subarray(0, bytes.length - cut))));
