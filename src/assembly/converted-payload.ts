/** Runs hooks that convert bodies on what Fastify is about to send. */
import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { Body } from '../core/body.ts';
import { bodyOf } from '../core/stream-body.ts';
import type { ResponseHead } from '../edge/response-head.ts';
import type { Convertible } from '../routes/converted-answer.ts';

export interface Sendable {
  readonly request: FastifyRequest;
  readonly head: ResponseHead;
  readonly payload: unknown;
}

/**
 * What to send instead of `payload`, or that itself; `convert` gives the body, or `undefined` for the one that is there.
 *
 * @throws what `convert` throws, or what broke the body
 */
export async function convertPayload(
  convert: (answer: Convertible) => Promise<Body | undefined>,
  { request, head, payload }: Sendable,
): Promise<unknown> {
  const lengthBytes = lengthOf(payload);
  // Fastify sets it only after all hooks.
  if (lengthBytes !== undefined) head.headers['content-length'] ??= String(lengthBytes);
  const open = (): Body => opened(payload);
  const body = await convert({ request, head, open });
  if (body !== undefined) return sent(body, head);
  // For text, Fastify would set the length again.
  const isUnsized = lengthBytes !== undefined && head.headers['content-length'] === undefined;
  return isUnsized && request.method === 'HEAD' ? Readable.from([]) : payload;
}

function lengthOf(payload: unknown): number | undefined {
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  return payload instanceof Uint8Array ? payload.length : undefined;
}

function opened(payload: unknown): Body {
  if (payload instanceof Readable) return bodyOf(payload);
  const isHere = typeof payload === 'string' || payload instanceof Uint8Array;
  return Body.of(isHere ? payload : '');
}

/** A body that is here goes as bytes, so that it gets a length. For Fastify, `null` is no body. */
function sent(body: Body, { status }: ResponseHead): Promise<Buffer> | Readable | null {
  if (status === 204 || status === 304) {
    body.destroy();
    return null;
  }
  return body.isClosed ? body.bytes(Number.POSITIVE_INFINITY) : body.stream();
}
