/** The body of a client's request, on its way to one upstream. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { Upload } from '../upload.ts';
import type { ActionContext } from './route.ts';

/** A retry may need the request body again; up to this much of it is kept. */
const KEPT_BYTES = 65_536;

export interface UploadLimits extends ActionContext {
  readonly limitBytes: number;
  readonly stallMs: number;
}

/**
 * The upload of a request that has a body. A declared length over the limit was refused before.
 */
export function openUpload(
  request: FastifyRequest,
  reply: FastifyReply,
  exchange: ClientExchange,
  { clock, idleMs, limitBytes, stallMs }: UploadLimits,
): Upload {
  const declared = request.raw.headers['content-length'];
  const length = declared === undefined ? undefined : Number(declared);
  const expects = request.raw.headers.expect !== undefined;
  const upload = new Upload(request.raw, length, {
    clock,
    limitBytes,
    keepBytes: KEPT_BYTES,
    idleMs,
    stallMs,
    onFault: (error) => {
      exchange.code ??= error.code;
      exchange.signal.cancel(error);
      if (reply.raw.headersSent) reply.raw.destroy();
    },
    onFirstRead: () => {
      if (expects && !reply.raw.headersSent) reply.raw.writeContinue();
    },
  });
  reply.raw.once('close', () => {
    exchange.bytesReceived = upload.received;
  });
  return upload;
}
