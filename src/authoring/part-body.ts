/** Bodies of parts: JSON, bytes, or a stream, such as what the client is uploading. */
import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { UpstreamRequest } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import { type GatewayError, toGatewayError } from '../core/errors.ts';
import type { MutableHeaders } from '../core/headers.ts';
import { Upload } from '../core/upload.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { UpstreamCall } from '../upstream/lease.ts';

/** As much of a stream is kept for a retry. */
const KEPT_BYTES = 65_536;

/** As good as for ever, and a timer can still wait for it. */
const FOREVER_MS = 1_000_000_000;

/** How a stream is sent. */
export interface SendingOptions {
  readonly clock: Clock;
  readonly call: UpstreamCall;
  /** Must end the call. */
  readonly onFault: (error: GatewayError) => void;
}

/**
 * The body, and in `headers` what it is, unless that is said. What the client uploads keeps the client's type and
 * length.
 */
export function partBody(
  body: unknown,
  headers: MutableHeaders,
  request: FastifyRequest,
  options: SendingOptions,
): Buffer | Upload | undefined {
  if (body === undefined) return undefined;
  if (body instanceof Readable) return uploadOf(body, headers, request, options);
  const isBytes = body instanceof Uint8Array;
  const bytes = Buffer.from(isBytes ? body : JSON.stringify(body));
  headers['content-type'] ??= isBytes ? 'application/octet-stream' : 'application/json';
  headers['content-length'] = String(bytes.length);
  return bytes;
}

function uploadOf(
  source: Readable,
  headers: MutableHeaders,
  request: FastifyRequest,
  { clock, call, onFault }: SendingOptions,
): Upload {
  const isOfClient = source === request.body;
  const theirs = isOfClient ? request.raw.headers : {};
  headers['content-type'] ??= theirs['content-type'] ?? 'application/octet-stream';
  // One that was decoded on the way has another length.
  const declared =
    headers['content-length'] ??
    ('receivedEncodedLength' in source ? undefined : theirs['content-length']);
  if (declared !== undefined) headers['content-length'] = declared;
  // Nobody else would notice that the rest of it never comes.
  source.once('error', (error) => onFault(toGatewayError(error)));
  source.once('close', () => {
    if (!source.readableEnded) onFault(toGatewayError(new Error('the body ended before its end')));
  });
  return new Upload(source, declared === undefined ? undefined : Number(declared), {
    clock,
    // The route's limit bounds what a client sends, and its pauses.
    limitBytes: Number.POSITIVE_INFINITY,
    keepBytes: KEPT_BYTES,
    idleMs: FOREVER_MS,
    stallMs: call.idleTimeoutMs,
    onFault,
    onFirstRead: () => undefined,
  });
}

/**
 * The call is over, perhaps before its body: whatever else the client sends is dropped, so that it can read our answer, and
 * its connection is not used again.
 */
export function leaveBody(body: UpstreamRequest['body'], { raw }: FastifyRequest): void {
  if (!(body instanceof Upload) || body.isEnded) return;
  body.discard();
  const { reply } = exchangeOf(raw);
  if (raw.httpVersionMajor === 1) void reply?.header('connection', 'close');
}

/**
 * A parser for Fastify that leaves bodies of some types unread, as streams in `request.body`:
 * `app.addContentTypeParser(/^image\//, streamBody)`.
 */
export function streamBody(
  _request: FastifyRequest,
  payload: unknown,
  done: (error: Error | null, body?: unknown) => void,
): void {
  done(null, payload);
}
