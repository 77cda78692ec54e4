/**
 * Work that outlives its client: its calls go on when the client leaves, and so does what becomes of their answers.
 *
 * It lasts until whoever asked for it says that it is done, and never longer than an answer may take. Until then the
 * request counts as in flight, so a reload and a stop wait for it.
 */
import type { FastifyRequest } from 'fastify';
import type { ClientExchange } from './client-exchange.ts';
import { exchangeOf } from './client-exchange.ts';

export class Outliving {
  readonly #over: () => void;
  #isDone = false;
  #isOver = false;
  #end: (() => void) | undefined;

  constructor(over: () => void) {
    this.#over = over;
  }

  /** Nothing is waited for any more: from now on the client's leaving ends the request. */
  done(): void {
    this.#isDone = true;
    if (this.#end !== undefined) this.giveUp();
  }

  /** The response has closed; `end` ends the exchange, now or when the work is done. */
  closed(hasFinished: boolean, end: () => void): void {
    this.#end = end;
    if (hasFinished || this.#isDone) this.giveUp();
  }

  /** It has taken as long as it may. */
  giveUp(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end?.();
    this.#over();
  }
}

/**
 * From now on, calls for `request` go on to their deadlines even if its client leaves. For what must not stop half way,
 * because somebody will ask for its outcome.
 *
 * @param over called once, when nothing more comes of the request: it has been answered, or has taken too long
 * @returns what ends this: call it as soon as the client's leaving may end the work again
 */
export function outlivesClient(request: FastifyRequest, over: () => void): () => void {
  const exchange: ClientExchange = exchangeOf(request.raw);
  const outliving = new Outliving(over);
  exchange.outliving = outliving;
  return () => outliving.done();
}
