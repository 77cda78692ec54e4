/**
 * Idempotency keys: a request that is repeated with its `Idempotency-Key` gets the answer of the first one, and has no
 * second effect. That is what lets a saga of the gateway repeat a call whose answer it never saw.
 *
 * Refusals are kept, too; a request that makes no sense is not, so it can be mended under the same key.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { put } from './put.ts';
import { ShopError } from './errors.ts';

export interface Answer {
  readonly status: number;
  /** Default: none. */
  readonly body?: unknown;
  readonly location?: string;
}

interface Kept {
  /** The request, as far as it must be the same. */
  readonly request: string;
  readonly answer: Answer;
}

const MOST_CHARACTERS = 255;

export type Once = (
  request: FastifyRequest,
  reply: FastifyReply,
  act: (key: string) => Answer,
) => FastifyReply;

/** Of one service. `act` has its effect before it returns, so that nothing comes in between. */
export function once(): Once {
  const kept = new Map<string, Kept>();
  return function answerOnce(request, reply, act) {
    const key = keyOf(request);
    if (key === undefined) throw new ShopError('bad_request', 'it needs an Idempotency-Key');
    const text = `${request.method} ${request.url} ${JSON.stringify(request.body)}`;
    const known = kept.get(key);
    if (known !== undefined && known.request !== text) {
      throw new ShopError('key_reused', 'the Idempotency-Key belongs to another request');
    }
    const answer = known?.answer ?? answerOf(() => act(key));
    if (known === undefined) put(kept, key, { request: text, answer });
    else reply.header('idempotency-replayed', 'true');
    return send(reply, answer);
  };
}

/** Where a key may be left out. */
export function onceIfKeyed(): Once {
  const keyed = once();
  return (request, reply, act) =>
    keyOf(request) === undefined ? send(reply, act('')) : keyed(request, reply, act);
}

/** Both spellings: `"abc"` as RFC 8941 has it, and bare. */
function keyOf({ headers }: FastifyRequest): string | undefined {
  const field = headers['idempotency-key'];
  if (typeof field !== 'string' || field === '') return undefined;
  const key = /^"(.+)"$/.exec(field)?.[1] ?? field;
  if (key.length <= MOST_CHARACTERS) return key;
  throw new ShopError('bad_request', `the Idempotency-Key is longer than ${MOST_CHARACTERS}`);
}

function answerOf(act: () => Answer): Answer {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ShopError) || error.code === 'bad_request') throw error;
    return { status: error.status, body: { error: error.code, message: error.message } };
  }
}

function send(reply: FastifyReply, { status, body, location }: Answer): FastifyReply {
  if (location !== undefined) reply.header('location', location);
  return reply.status(status).send(body);
}
