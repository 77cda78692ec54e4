/** Runs the converters of a route on an answer that is about to be sent. */
import type { FastifyRequest } from 'fastify';
import type { Body } from '../core/body.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { ResponseHead } from '../edge/response-head.ts';
import type { AnswerConverter } from './route.ts';

/** An answer as its converters get it. */
export interface Convertible {
  readonly request: FastifyRequest;
  readonly head: ResponseHead;
  /** Takes the body; called once, and only if a converter wants it. */
  readonly open: () => Body;
}

/**
 * The body to send; `undefined`: the one that is there. Each converter sees the head as the ones before it have
 * left it.
 *
 * @throws what a converter throws, or what broke the body; then the body has ended
 */
export async function convertAnswer(
  converters: readonly AnswerConverter[],
  { request, head, open }: Convertible,
): Promise<Body | undefined> {
  let body: Body | undefined;
  try {
    for (const convert of converters) {
      const hasBody = !isBodiless(request, head);
      const conversion = convert(request, head);
      if (conversion === undefined || !hasBody) continue;
      body ??= open();
      body = await conversion(body);
    }
  } catch (error) {
    body?.destroy();
    throw error;
  }
  countSent(request, body);
  return body;
}

/** RFC 9110 §6.4.1. */
export const isBodiless = ({ method }: { readonly method: string }, { status }: ResponseHead) =>
  method === 'HEAD' || status === 204 || status === 304;

/** The client gets other bytes than the upstream has sent. */
function countSent({ raw }: FastifyRequest, body: Body | undefined): void {
  body?.onClose(() => {
    exchangeOf(raw).record.bytesSent = body.received;
  });
}
