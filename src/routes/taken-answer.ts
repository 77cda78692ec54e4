/** Gives an answer to the hooks that get it before all others; each answer once, whichever way it is sent. */
import type { Body } from '../core/body.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { ResponseHead } from '../edge/response-head.ts';
import type { Answering } from './answer.ts';
import type { Convertible } from './converted-answer.ts';
import type { AnswerConverter } from './route.ts';

/**
 * The body to send; `undefined`: the one that is there. Bodies without bytes are given, too.
 *
 * @throws what a hook throws, or what broke the body; then the body has ended
 */
export async function take(
  takers: readonly AnswerConverter[],
  { request, head, open }: Convertible,
): Promise<Body | undefined> {
  const exchange = exchangeOf(request.raw);
  if (exchange.isTaken === true) return undefined;
  exchange.isTaken = true;
  let body: Body | undefined;
  try {
    for (const taker of takers) {
      const conversion = taker(request, head);
      if (conversion === undefined) continue;
      body ??= open();
      body = await conversion(body);
    }
  } catch (error) {
    body?.destroy();
    throw error;
  }
  return body;
}

/** The same for the answer of a call. */
export async function takeAnswer(
  { route, request }: Answering,
  head: ResponseHead,
  body: Body,
): Promise<Body> {
  try {
    return (await take(route.takers ?? [], { request, head, open: () => body })) ?? body;
  } catch (error) {
    body.destroy();
    throw error;
  }
}
