/**
 * The parts of one request, while they run. A part that refers to others starts when these have come.
 *
 * If a required part fails, so does the answer, and the other parts are cancelled. Any other failed part is
 * missing.
 */
import { Body } from '../core/body.ts';
import type { UpstreamRequest } from '../core/call.ts';
import type { Cancellation } from '../core/cancellation.ts';
import { type ErrorCode, GatewayError, isGatewayError, toGatewayError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { MissingPart } from '../core/record.ts';
import type { Abortable, Receiver } from '../core/sender.ts';
import { type ClientExchange, clientOf } from '../edge/client-exchange.ts';
import { degradedFields } from '../edge/degraded.ts';
import { missingPart, notNeeded } from '../routes/gather.ts';
import { type PartContext, type PartReceiver, startPart } from '../routes/part-run.ts';
import { mergeParts, type Outcome } from './aggregate-merge.ts';
import { type Next, nextOf } from './aggregate-next.ts';
import {
  type CompiledAggregate,
  describePart,
  type Part,
  valueOf,
  type Values,
} from './aggregate-part.ts';

export class RunningParts implements Abortable, PartContext {
  readonly exchange: ClientExchange;
  /** Ends all of them. */
  readonly group: Cancellation;
  readonly #aggregate: CompiledAggregate;
  readonly #parts: readonly Part[];
  readonly #request: UpstreamRequest;
  readonly #receiver: Receiver;
  /** In the order of the parts. */
  readonly #outcomes: (Outcome | undefined)[];
  #left: number;
  #isOver = false;

  constructor(aggregate: CompiledAggregate, request: UpstreamRequest, receiver: Receiver) {
    const { parts } = aggregate;
    this.#aggregate = aggregate;
    this.#parts = parts;
    this.#request = request;
    this.#receiver = receiver;
    this.#outcomes = parts.map(() => undefined);
    this.#left = parts.length;
    this.exchange = clientOf(request.context);
    this.group = request.signal.child();
  }

  start(): void {
    const parts = this.#parts;
    if (this.#aggregate.isConditional) this.#skipUnmet();
    for (let i = 0; i < parts.length && !this.#isOver; i++) {
      if (parts[i]!.needs.length === 0 && this.#outcomes[i] === undefined) this.#begin(i, NONE);
    }
  }

  /** Those that the request does not ask for are over before any begins. */
  #skipUnmet(): void {
    try {
      for (const [i, { when }] of this.#parts.entries()) {
        if (when?.isMetBy(this.exchange) === false) this.#skip(i);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  abort(reason: Error): void {
    this.group.cancel(reason);
  }

  #begin(at: number, values: Values): void {
    const part = this.#parts[at]!;
    const receiver = new Place(this, at);
    try {
      const described = describePart(part, this.exchange, this.#request.body, values);
      startPart(part.upstream, this, described, receiver);
    } catch (error) {
      receiver.missed(error);
    }
  }

  /** The part at `at` has come. */
  came(at: number, json: Json): void {
    if (this.#isOver) return;
    let outcome: Outcome;
    try {
      outcome = { kind: 'value', value: valueOf(this.#parts[at]!, json) };
    } catch (error) {
      this.missed(at, error);
      return;
    }
    this.#settle(at, outcome);
    for (const next of this.#parts[at]!.neededBy) this.#consider(next);
  }

  /** The part at `at` has failed; so have those that use it. */
  missed(at: number, error: unknown): void {
    if (this.#isOver || this.#outcomes[at] !== undefined) return;
    const { name, required } = this.#parts[at]!.config;
    if (required) this.#fail(asAnswer(name, error));
    // A mistake of the client's is reported, whichever part finds it.
    else if (isGatewayError(error) && CLIENTS_OWN.has(error.code)) this.#fail(error);
    else {
      const missing = missingPart(this.exchange, name, error);
      this.#settle(at, { kind: 'missing', error, missing });
      for (const next of this.#parts[at]!.neededBy) {
        if (this.#parts[next]!.isUnsure) this.#consider(next);
        else this.missed(next, error);
      }
    }
  }

  /** The part at `at` is not called, nor are those that use it. */
  #skip(at: number): void {
    if (this.#outcomes[at] !== undefined) return;
    this.#settle(at, SKIPPED);
    for (const next of this.#parts[at]!.neededBy) this.#consider(next);
  }

  /** One that the part at `at` needs is over. */
  #consider(at: number): void {
    if (this.#isOver || this.#outcomes[at] !== undefined) return;
    let next: Next;
    try {
      next = nextOf(this.#parts[at]!, this.#parts, this.#outcomes, this.exchange);
    } catch (error) {
      this.#fail(error);
      return;
    }
    switch (next.kind) {
      case 'wait':
        return;
      case 'begin':
        return this.#begin(at, next.values);
      case 'skip':
        return this.#skip(at);
      case 'miss':
        return this.missed(at, next.error);
    }
  }

  #settle(at: number, outcome: Outcome): void {
    if (this.#isOver) return;
    this.#outcomes[at] = outcome;
    this.#left -= 1;
    if (this.#left === 0) this.#answer(this.#outcomes as Outcome[]);
  }

  #answer(outcomes: readonly Outcome[]): void {
    this.#isOver = true;
    const missing: MissingPart[] = [];
    for (const outcome of outcomes) if (outcome.kind === 'missing') missing.push(outcome.missing);
    let bytes: Buffer;
    try {
      bytes = mergeParts(this.#aggregate, outcomes, missing, this.exchange);
    } catch (error) {
      this.#receiver.failed(error);
      return;
    }
    const headers = {
      'content-type': 'application/json',
      'content-length': `${bytes.length}`,
      ...degradedFields(this.exchange.record, missing),
    };
    this.#receiver.answered({ status: 200, headers, body: Body.of(bytes), target: '' });
  }

  #fail(error: unknown): void {
    this.#isOver = true;
    this.group.cancel(notNeeded());
    this.#receiver.failed(error);
  }
}

/** Tells which of the parts it was. */
class Place implements PartReceiver {
  readonly #parts: RunningParts;
  readonly #at: number;

  constructor(parts: RunningParts, at: number) {
    this.#parts = parts;
    this.#at = at;
  }

  came(json: Json): void {
    this.#parts.came(this.#at, json);
  }

  missed(error: unknown): void {
    this.#parts.missed(this.#at, error);
  }
}

const NONE: Values = {};
const SKIPPED: Outcome = { kind: 'skipped' };

/** Errors in the request or its body, independent of any upstream. */
const CLIENTS_OWN: ReadonlySet<ErrorCode> = new Set([
  'GW_REQUEST_INVALID',
  'GW_REQUEST_TIMEOUT',
  'GW_BODY_TOO_LARGE',
]);

/** The client's error for a required part that failed. */
export function asAnswer(name: string, error: unknown): GatewayError {
  const own = toGatewayError(error);
  if (own.code === 'GW_INTERNAL' || own.message.startsWith(name)) return own;
  return new GatewayError(own.code, `${name}: ${own.message}`, { ...own.options, cause: error });
}
