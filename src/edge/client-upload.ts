/** The body of a client's request: streamed to one upstream, or read whole first. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../core/clock.ts';
import { isGrpcFamily } from '../core/grpc-type.ts';
import { Upload } from '../core/upload.ts';
import { hasBody } from './client-headers.ts';
import type { ClientExchange } from './client-exchange.ts';

/** How much of a request body is kept for a retry. */
const KEPT_BYTES = 65_536;

export interface UploadLimits {
  readonly clock: Clock;
  /** How long the client may pause, in milliseconds. */
  readonly idleMs: number;
  /** Bytes per second; 0: no minimum. */
  readonly minRate: number;
  readonly limitBytes: number;
  /** How long the body may wait to be read, in milliseconds. */
  readonly stallMs: number;
  /** How long the client of a gRPC call may pause before it is answered; `undefined`: `idleMs`. */
  readonly talkIdleMs?: number | undefined;
}

/**
 * Opens the upload of a request with a body. A declared length over the limit has been refused already.
 */
export function openUpload(
  request: FastifyRequest,
  reply: FastifyReply,
  exchange: ClientExchange,
  { clock, idleMs, minRate, limitBytes, stallMs, talkIdleMs = idleMs }: UploadLimits,
): Upload {
  const declared = request.raw.headers['content-length'];
  const length = declared === undefined ? undefined : Number(declared);
  const { bytes: body } = exchange.body;
  const expects = body === undefined && request.raw.headers.expect !== undefined;
  const source = body === undefined ? request.raw : Readable.from(body.length === 0 ? [] : [body]);
  const isConversation = isGrpcFamily(request.raw.headers['content-type']);
  exchange.body.isTaken = true;
  const upload = new Upload(source, length, {
    clock,
    limitBytes,
    // A body that is in memory anyway can be sent again in full.
    keepBytes: Math.max(KEPT_BYTES, body?.length ?? 0),
    idleMs: isConversation ? talkIdleMs : idleMs,
    minRate: isConversation ? 0 : minRate,
    isConversation,
    stallMs,
    onFault: (error) => {
      exchange.record.fail(error);
      exchange.signal.cancel(error);
      if (reply.raw.headersSent) reply.raw.destroy();
    },
    onFirstRead: () => {
      if (expects && !reply.raw.headersSent) reply.raw.writeContinue();
    },
  });
  reply.raw.once('close', () => {
    exchange.record.bytesReceived = body?.length ?? upload.received;
  });
  return upload;
}

/** Would an answer now leave some of the body on the connection? HTTP/2 ends just the stream. */
export const isLeft = ({ httpVersionMajor }: IncomingMessage, { isEnded }: Upload): boolean =>
  !isEnded && httpVersionMajor === 1;

/**
 * Reads the whole body, under the limits of the route. If it is sent on afterwards, upstreams get the
 * same bytes.
 *
 * @throws GW_BODY_TOO_LARGE, GW_REQUEST_TIMEOUT, GW_CLIENT_CLOSED
 * @throws {TypeError} once it is being sent to an upstream
 */
export async function readBody(exchange: ClientExchange): Promise<Buffer> {
  const { reply, body } = exchange;
  if (reply === undefined || body.limits === undefined || body.isTaken) {
    throw new TypeError('a body can be read in onRequest, before the action of the route begins');
  }
  const { request } = reply;
  body.bytes = hasBody(request.raw)
    ? await readWhole(openUpload(request, reply, exchange, body.limits), exchange)
    : Buffer.alloc(0);
  return body.bytes;
}

function readWhole(upload: Upload, { signal }: ClientExchange): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const stream = upload.open();
    const listener = {
      onCancel: (reason: Error): void => {
        stream.destroy();
        reject(reason);
      },
    };
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      signal.unlisten(listener);
      resolve(Buffer.concat(chunks));
    });
    stream.on('error', reject);
    signal.listen(listener);
  });
}
