/**
 * The parts of one request, while they run. A part that refers to others starts when these have come.
 *
 * If a required part fails, so does the answer, and the other parts are cancelled. Any other failed part is
 * missing.
 */
import type { UpstreamRequest } from '../core/call.ts';
import type { Cancellation } from '../core/cancellation.ts';
import { type GatewayError, toGatewayError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { MissingPart } from '../core/record.ts';
import type { Abortable, Receiver } from '../core/sender.ts';
import { type ClientExchange, clientOf } from '../edge/client-exchange.ts';
import { PartReasonError } from '../routes/part.ts';
import { missingPart, notNeeded } from '../routes/gather.ts';
import { type PartReceiver, startPart } from '../routes/part-run.ts';
import {
  type ElementsContext,
  elementsOf,
  type ListReceiver,
  RunningElements,
} from './aggregate-elements.ts';
import { asAnswer, isClientsOwn } from './aggregate-failure.ts';
import type { ListValue } from './aggregate-list-value.ts';
import type { Outcome } from './aggregate-merge.ts';
import { withDetail } from './aggregate-detail.ts';
import { PartsReply } from './aggregate-reply.ts';
import { type Next, nextOf } from './aggregate-next.ts';
import {
  type Asked,
  type CompiledAggregate,
  describePart,
  type Part,
  type PartValue,
  valueOf,
  type Values,
} from './aggregate-part.ts';
import { SharedCalls } from './aggregate-shared.ts';

export class RunningParts implements Abortable, ElementsContext {
  readonly exchange: ClientExchange;
  /** Ends all of them. */
  readonly group: Cancellation;
  readonly #aggregate: CompiledAggregate;
  readonly #parts: readonly Part[];
  readonly #request: UpstreamRequest;
  readonly #reply: PartsReply;
  /** In the order of the parts. */
  readonly #outcomes: (Outcome | undefined)[];
  #left: number;
  /** Parts whose fallback was asked without them, because a part that they need has failed. */
  #fellBack: ReadonlySet<number> = NO_PLACES;
  #isOver = false;
  #shared: SharedCalls | undefined;

  constructor(aggregate: CompiledAggregate, request: UpstreamRequest, receiver: Receiver) {
    const { parts } = aggregate;
    this.#aggregate = aggregate;
    this.#parts = parts;
    this.#request = request;
    this.#outcomes = parts.map(() => undefined);
    this.#left = parts.length;
    this.exchange = clientOf(request.context);
    this.group = request.signal.child();
    this.#reply = new PartsReply(aggregate, this.exchange, this.group, receiver);
  }

  start(): void {
    const parts = this.#parts;
    const { fields, isConditional } = this.#aggregate;
    if (fields || isConditional) this.#skipUnwanted();
    for (let i = 0; i < parts.length && !this.#isOver; i++) {
      if (parts[i]!.needs.length === 0 && this.#outcomes[i] === undefined) this.#begin(i, NONE);
    }
  }

  /** Those that the request does not ask for are over before any begins. */
  #skipUnwanted(): void {
    try {
      for (const at of this.#reply.unwanted()) this.#skip(at);
      for (const [at, { when }] of this.#parts.entries()) {
        if (when?.isMetBy(this.exchange) === false) this.#skip(at);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Calls that more than one may ask for. */
  get shared(): SharedCalls {
    return (this.#shared ??= new SharedCalls(this));
  }

  abort(reason: Error): void {
    this.group.cancel(reason);
  }

  #begin(at: number, values: Values): void {
    this.#ask(at, this.#parts[at]!, values);
  }

  /** Asks for the part at `at`, or for its fallback. */
  #ask(at: number, asked: Asked, values: Values): void {
    const receiver = new Place(this, at, asked, values);
    try {
      if (asked.list !== undefined) {
        const elements = elementsOf(asked, values);
        new RunningElements(asked, elements, this, values, receiver).start();
        return;
      }
      const described = describePart(asked, this.exchange, this.#request.body, values);
      if (asked.shareAs === undefined) startPart(asked.upstream, this, described, receiver);
      else this.shared.start(asked, this, described, receiver);
    } catch (error) {
      receiver.missed(error);
    }
  }

  /** The part at `at` has come; `lacking` is what of it has not. */
  came(at: number, value: PartValue, lacking = NO_PARTS): void {
    if (this.#isOver) return;
    this.#settle(at, { kind: 'value', value, lacking });
    for (const next of this.#parts[at]!.neededBy) this.#consider(next);
  }

  /** What was `asked` for the part at `at` has failed. */
  failed(at: number, asked: Asked, values: Values, error: unknown): void {
    const { fallback } = this.#parts[at]!;
    if (fallback === undefined || asked === fallback || this.#isUseless(error)) {
      this.#missed(at, error, asked === fallback ? 'fallback-' : '');
    } else this.#ask(at, fallback, values);
  }

  /** Would another call change nothing, because the client has left or made a mistake? */
  #isUseless(error: unknown): boolean {
    return this.#isOver || this.group.reason !== undefined || isClientsOwn(error);
  }

  /** The part at `at` has failed for good; so have those that need it. */
  #missed(at: number, error: unknown, prefix: '' | 'fallback-'): void {
    if (this.#isOver || this.#outcomes[at] !== undefined) return;
    const { name, required } = this.#parts[at]!.config;
    if (required) this.#fail(withDetail(this.#parts[at]!, error, asAnswer(name, error)));
    // A mistake of the client's is reported, whichever part finds it.
    else if (isClientsOwn(error)) this.#fail(error);
    else {
      const { reason } = missingPart(this.exchange, name, error);
      const missing = { name, reason: prefix + reason };
      this.#settle(at, { kind: 'missing', error, missing });
      for (const next of this.#parts[at]!.neededBy) {
        if (this.#parts[next]!.isUnsure) this.#consider(next);
        else this.#withoutNeeded(next, error);
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
        if (next.isUnsure) return this.#missed(at, next.error, '');
        return this.#withoutNeeded(at, next.error);
    }
  }

  /** A part that the one at `at` needs has failed. */
  #withoutNeeded(at: number, error: unknown): void {
    const { fallback } = this.#parts[at]!;
    if (fallback === undefined || fallback.needsParts) this.#missed(at, error, '');
    else if (!this.#isOver && this.#outcomes[at] === undefined && !this.#fellBack.has(at)) {
      this.#fellBack = new Set([...this.#fellBack, at]);
      this.#ask(at, fallback, NONE);
    }
  }

  #settle(at: number, outcome: Outcome): void {
    if (this.#isOver) return;
    this.#outcomes[at] = outcome;
    this.#left -= 1;
    this.#reply.settled(at, outcome);
    if (this.#left > 0) return;
    this.#isOver = true;
    try {
      this.#reply.answer(this.#outcomes as Outcome[]);
    } catch (error) {
      this.#reply.fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#isOver = true;
    this.group.cancel(notNeeded());
    this.#reply.fail(error);
  }
}

/** Tells which of the parts it was, and gives its value the shape. */
class Place implements PartReceiver, ListReceiver {
  readonly #parts: RunningParts;
  readonly #at: number;
  readonly #asked: Asked;
  readonly #values: Values;

  constructor(parts: RunningParts, at: number, asked: Asked, values: Values) {
    this.#parts = parts;
    this.#at = at;
    this.#asked = asked;
    this.#values = values;
  }

  came(json: Json, degraded?: string): void {
    let value: PartValue;
    try {
      value = valueOf(this.#asked, json);
    } catch (error) {
      // What its shape looks for may be what is missing.
      const reason = degraded === undefined ? error : incomplete(error);
      this.missed(reason);
      return;
    }
    const { name } = this.#asked.config;
    const lacking = degraded === undefined ? NO_PARTS : [{ name, reason: degraded }];
    this.#parts.came(this.#at, value, lacking);
  }

  listed(value: ListValue, lacking: readonly MissingPart[]): void {
    this.#parts.came(this.#at, value, lacking);
  }

  missed(error: unknown): void {
    this.#parts.failed(this.#at, this.#asked, this.#values, error);
  }
}

const incomplete = (error: unknown): GatewayError =>
  new PartReasonError('graphql-error', toGatewayError(error).message, { cause: error });

const NONE: Values = {};
const SKIPPED: Outcome = { kind: 'skipped' };
const NO_PLACES: ReadonlySet<number> = new Set();
const NO_PARTS: readonly MissingPart[] = [];
