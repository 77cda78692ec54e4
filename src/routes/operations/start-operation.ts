/**
 * Starts an operation for a client's request, and answers with its resource: 202 at once, or, for a client that would wait, what has
 * become of it.
 *
 * The id follows from route, consumer and key, so a repeated request finds the operation that the first one started.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { SagaDefinition } from '../../config/build/saga-config.ts';
import type { Consumer } from '../../core/call.ts';
import { GatewayError, isGatewayError } from '../../core/errors.ts';
import { firstValue } from '../../core/headers.ts';
import type { ClientExchange } from '../../edge/client-exchange.ts';
import type { Engine, OperationDetail, StartOrder, Started } from '../../operations/engine.ts';
import { idempotencyKey } from '../../operations/idempotency-key.ts';
import { fingerprint, operationId } from '../../operations/ids.ts';
import { resourceOf } from '../../operations/resource.ts';
import { followingTrace } from '../../operations/run-trace.ts';
import type { Seals } from '../../operations/seals.ts';
import type { ActionContext, Route } from '../route.ts';
import { consumerOf, ownerOf } from './owner.ts';
import { preferredWait } from './prefer.ts';
import { untilEnded } from './waiting.ts';

/** The longest body of a request that starts one. */
export const MAX_INPUT_BYTES = 65_536;

export interface StartRules {
  readonly isKeyRequired: boolean;
  readonly maxWaitMs: number;
  readonly keepMs: number;
  readonly running: number;
}

/** What is to run; made from the request. */
export interface Wanted {
  readonly definition: SagaDefinition;
  readonly version: string;
  /** JSON. */
  readonly input: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly one?: string;
}

export type Want = (exchange: ClientExchange, body: Buffer, consumer: Consumer) => Wanted;

/** Gives what answers a request. */
export function starting(
  route: Route,
  context: ActionContext,
  rules: StartRules,
  want: Want,
): (exchange: ClientExchange, reply: FastifyReply) => Promise<void> {
  const { operations, clock } = context;
  // A config with such a route has a store: it has been checked.
  const { engine, prefix, waiters, seals } = operations!;
  return async function started(exchange, reply) {
    const consumer = consumerOf(exchange);
    const given = idempotencyKey(firstValueOf(exchange, 'idempotency-key'));
    if (given === undefined && rules.isKeyRequired) {
      throw new GatewayError('GW_IDEMPOTENCY_KEY', 'this route needs an Idempotency-Key');
    }
    const body = await bodyOf(exchange);
    const key = given ?? randomUUID();
    const order = orderOf(route, rules, { exchange, consumer, key, body, seals }, want);
    const ready = readyEngine(engine, key);
    const result = await ready.start(order).catch((error: unknown) => {
      throw withKey(error, key);
    });
    const { operation } = acceptedIn(result);
    const waitMs = Math.min(waitOf(exchange) ?? 0, rules.maxWaitMs);
    let detail: OperationDetail = { operation, history: [] };
    if (waitMs > 0 && waiters.enter()) {
      const { signal } = exchange;
      try {
        detail =
          (await untilEnded({ engine: ready, clock, id: order.id, signal, ms: waitMs })) ?? detail;
      } finally {
        waiters.leave();
      }
    } else if (result.as === 'repeated') detail = (await ready.find(order.id)) ?? detail;
    answer(reply, detail, { prefix, waitMs });
  };
}

function orderOf(
  route: Route,
  { keepMs, running }: StartRules,
  asked: {
    readonly exchange: ClientExchange;
    readonly consumer: Consumer;
    readonly key: string;
    readonly body: Buffer;
    readonly seals: Seals;
  },
  want: Want,
): StartOrder {
  const { exchange, consumer, key, body, seals } = asked;
  const { method, path, query } = exchange;
  const contentType = firstValueOf(exchange, 'content-type') ?? '';
  const owner = ownerOf(consumer);
  const { claims, input, ...wanted } = want(exchange, body, consumer);
  const { id, via, issuer } = consumer;
  const operation = operationId(route.config.name, owner, key);
  const { secret } = wanted.definition;
  const digest = fingerprint({ method, path, query, contentType, body });
  const [print = digest, ...former] = secret === undefined ? [digest] : seals.fingerprints(digest);
  return {
    ...wanted,
    id: operation,
    owner,
    ...(exchange.trace && { trace: followingTrace(exchange.trace.own()) }),
    fingerprint: print,
    formerFingerprints: former,
    input: seals.seal(input, { operation, root: 'input', secret }),
    starter: { id, via, claims, ...(issuer !== undefined && { issuer }) },
    keepMs,
    running,
  };
}

const firstValueOf = ({ headers }: ClientExchange, name: string): string | undefined =>
  firstValue(headers[name]);

const waitOf = (exchange: ClientExchange): number | undefined => {
  const seconds = preferredWait(exchange.headers['prefer']);
  return seconds === undefined ? undefined : seconds * 1_000;
};

/** @throws GW_BODY_TOO_LARGE */
async function bodyOf(exchange: ClientExchange): Promise<Buffer> {
  const tooLong = (): GatewayError =>
    new GatewayError('GW_BODY_TOO_LARGE', `more than ${MAX_INPUT_BYTES} bytes`);
  if (Number(exchange.headers['content-length'] ?? 0) > MAX_INPUT_BYTES) throw tooLong();
  const body = await exchange.readBody();
  if (body.length > MAX_INPUT_BYTES) throw tooLong();
  return body;
}

function readyEngine(engine: Engine | undefined, key: string): Engine {
  if (engine?.isUp === true) return engine;
  const detail = 'the store does not answer, so nothing was accepted: repeat it later';
  throw new GatewayError('GW_DEPENDENCY_DOWN', detail, keyField(key));
}

/** The start may still be accepted: a repetition with the same key finds it. */
function withKey(error: unknown, key: string): unknown {
  if (!isGatewayError(error) || error.code !== 'GW_DEPENDENCY_DOWN') return error;
  const detail = 'it is not known whether the operation was accepted: repeat it with the same key';
  return new GatewayError('GW_DEPENDENCY_DOWN', detail, { cause: error, ...keyField(key) });
}

const keyField = (key: string) => ({ headers: { 'idempotency-key': JSON.stringify(key) } });

/** @throws for what was not accepted */
function acceptedIn(result: Started): Extract<Started, { readonly operation: object }> {
  switch (result.as) {
    case 'accepted':
    case 'repeated':
      return result;
    case 'mismatch':
      throw new GatewayError('GW_IDEMPOTENCY_MISMATCH', 'the key belongs to another request');
    case 'taken':
      throw new GatewayError('GW_OPERATION_STATE', 'another operation of its kind still runs');
    case 'busy':
      throw new GatewayError('GW_OVERLOADED', 'too many operations of this kind run');
  }
}

function answer(
  reply: FastifyReply,
  detail: OperationDetail,
  { prefix, waitMs }: { readonly prefix: string; readonly waitMs: number },
): void {
  const { operation } = detail;
  const resource = resourceOf(detail, false);
  const location = `${prefix}/${operation.id}`;
  if (waitMs > 0 && operation.status === 'failed') {
    throw new GatewayError('GW_OPERATION_FAILED', 'what was done has been undone', {
      headers: { location },
      extensions: { operation: resource },
    });
  }
  const isComplete = waitMs > 0 && operation.status === 'completed';
  void reply
    .code(isComplete ? 200 : 202)
    .headers({
      location,
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(isComplete
        ? { 'preference-applied': `wait=${Math.round(waitMs / 1_000)}` }
        : { 'retry-after': '1' }),
    })
    .send(Buffer.from(JSON.stringify(resource)));
}
