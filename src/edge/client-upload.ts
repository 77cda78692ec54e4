/** The body of a client's request: on its way to one upstream, or read whole before that. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../core/clock.ts';
import { Upload } from '../core/upload.ts';
import { hasBody } from './client-headers.ts';
import type { ClientExchange } from './client-exchange.ts';

/** A retry may need the request body again; up to this much of it is kept. */
const KEPT_BYTES = 65_536;

export interface UploadLimits {
  readonly clock: Clock;
  /** Silence of the client. */
  readonly idleMs: number;
  /** Bytes a second; 0: any. */
  readonly minRate: number;
  readonly limitBytes: number;
  /** Silence of who takes it. */
  readonly stallMs: number;
}

/**
 * The upload of a request that has a body. A declared length over the limit was refused before.
 */
export function openUpload(
  request: FastifyRequest,
  reply: FastifyReply,
  exchange: ClientExchange,
  { clock, idleMs, minRate, limitBytes, stallMs }: UploadLimits,
): Upload {
  const declared = request.raw.headers['content-length'];
  const length = declared === undefined ? undefined : Number(declared);
  const { bytes: body } = exchange.body;
  const expects = body === undefined && request.raw.headers.expect !== undefined;
  const source = body === undefined ? request.raw : Readable.from(body.length === 0 ? [] : [body]);
  const isConversation = isGrpc(request.raw.headers['content-type']);
  exchange.body.isTaken = true;
  const upload = new Upload(source, length, {
    clock,
    limitBytes,
    // What is held anyway can be sent again, all of it.
    keepBytes: Math.max(KEPT_BYTES, body?.length ?? 0),
    idleMs,
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

/** Also of `application/grpc+proto` and `application/grpc-web`. */
const isGrpc = (type: string | undefined): boolean =>
  type !== undefined && /^application\/grpc/i.test(type);

/** Would an answer now leave some of the body on the connection? A stream of HTTP/2 ends by itself. */
export const isLeft = ({ httpVersionMajor }: IncomingMessage, { isEnded }: Upload): boolean =>
  !isEnded && httpVersionMajor === 1;

/**
 * All of a body, under the limits of the route; whoever sends it on afterwards sends the same bytes.
 *
 * @throws GW_BODY_TOO_LARGE, GW_REQUEST_TIMEOUT, GW_CLIENT_CLOSED
 * @throws {TypeError} once it is on its way to an upstream
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
