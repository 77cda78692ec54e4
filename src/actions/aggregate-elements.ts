/**
 * A part that is called for each element of a list: so many calls at once, the answers in the order of the list.
 *
 * An element that fails is `null` in its place, and named. If the part is required, the first failure fails it; if all
 * elements fail, so does the part. Its time limit is for the whole list: what has come by then counts.
 */
import type { Cancellation } from '../core/cancellation.ts';
import { GatewayError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { MissingPart } from '../core/record.ts';
import { Timeout } from '../core/timeouts.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { missingPart, notNeeded } from '../routes/gather.ts';
import { PartReasonError } from '../routes/part.ts';
import type { PartContext, PartReceiver } from '../routes/part-run.ts';
import { isClientsOwn } from './aggregate-failure.ts';
import {
  bytesOfValue,
  describePart,
  type Asked,
  type PartValue,
  valueOf,
  type Values,
} from './aggregate-part.ts';
import { ListValue } from './aggregate-list-value.ts';
import type { SharedCalls } from './aggregate-shared.ts';

/** Is told once how the list ended. */
export interface ListReceiver {
  listed(value: ListValue, lacking: readonly MissingPart[]): void;
  missed(error: unknown): void;
}

/** Of the whole aggregate. */
export interface ElementsContext extends PartContext {
  readonly shared: SharedCalls;
}

/**
 * The elements that the part is called for; `null` is an empty list, as many services write it.
 *
 * @throws PartReasonError `no-value`, `not-a-list`, `too-many`
 */
export function elementsOf({ config, list }: Asked, values: Values): readonly unknown[] {
  const elements = list!(values);
  if (elements === null) return [];
  const { name, foreach, max } = config;
  if (elements === undefined) throw new PartReasonError('no-value', `${name}: no ${foreach}`);
  if (!Array.isArray(elements)) {
    throw new PartReasonError('not-a-list', `${name}: ${foreach} is not a list`);
  }
  if (elements.length <= max) return elements;
  throw new PartReasonError('too-many', `${name}: more than ${max} elements`);
}

export class RunningElements extends Timeout implements PartContext {
  readonly exchange: ClientExchange;
  /** Ends all of them. */
  readonly group: Cancellation;
  readonly #part: Asked;
  readonly #context: ElementsContext;
  readonly #receiver: ListReceiver;
  readonly #values: Values;
  readonly #elements: readonly unknown[];
  readonly #came: (PartValue | undefined)[];
  readonly #texts: (Buffer | undefined)[];
  readonly #failed = new Map<number, unknown>();
  /** Those under way, by their places. */
  readonly #open = new Map<number, Element>();
  #next = 0;
  #bytes = 0;
  #isFilling = false;
  #isOver = false;

  constructor(
    part: Asked,
    elements: readonly unknown[],
    context: ElementsContext,
    values: Values,
    receiver: ListReceiver,
  ) {
    super();
    this.exchange = context.exchange;
    this.group = context.group.child();
    this.#part = part;
    this.#context = context;
    this.#receiver = receiver;
    this.#values = values;
    this.#elements = elements;
    this.#came = elements.map(() => undefined);
    this.#texts = elements.map(() => undefined);
  }

  start(): void {
    this.#part.time.begin(this);
    this.#fill();
  }

  /** Begins as many as may be open. Calls may end at once, so this never calls itself. */
  #fill(): void {
    if (this.#isFilling) return;
    this.#isFilling = true;
    const { concurrency } = this.#part.config;
    while (!this.#isOver && this.#open.size < concurrency && this.#next < this.#elements.length) {
      this.#begin(this.#next++);
    }
    this.#isFilling = false;
    if (!this.#isOver && this.#open.size === 0) this.#finish();
  }

  #begin(index: number): void {
    const element = new Element(this, index);
    this.#open.set(index, element);
    try {
      const item = this.#elements[index];
      const described = describePart(this.#part, this.exchange, undefined, this.#values, {
        item,
        index,
      });
      this.#context.shared.start(this.#part, this, described, element);
    } catch (error) {
      element.missed(error);
    }
  }

  came(index: number, json: Json): void {
    if (this.#isOver || !this.#open.delete(index)) return;
    try {
      const value = valueOf(this.#part, json);
      const text = bytesOfValue(value);
      this.#bytes += text?.length ?? 0;
      if (this.#bytes > this.#part.config.maxBody * MOST_BODIES) {
        throw new PartReasonError('too-large', 'the answers are too long together');
      }
      this.#came[index] = value;
      this.#texts[index] = text;
    } catch (error) {
      this.#fail(index, error);
    }
    this.#fill();
  }

  missed(index: number, error: unknown): void {
    if (this.#isOver || !this.#open.delete(index)) return;
    this.#fail(index, error);
    this.#fill();
  }

  #fail(index: number, error: unknown): void {
    // The client has left, or another part has failed: nobody waits for the rest.
    const { reason } = this.group;
    if (reason !== undefined) this.#give(reason);
    else if (this.#part.config.required) this.#give(error);
    else if (isClientsOwn(error)) this.#give(error);
    else this.#failed.set(index, error);
  }

  /** Gives the whole list up. */
  #give(error: unknown): void {
    this.#end();
    this.#leaveAll(notNeeded());
    this.#receiver.missed(error);
  }

  override expire(): void {
    const { config, time } = this.#part;
    const error = new GatewayError(time.code, `${config.name} took too long`);
    if (config.required) return this.#give(error);
    for (const index of this.#open.keys()) this.#failed.set(index, error);
    for (; this.#next < this.#elements.length; this.#next++) this.#failed.set(this.#next, error);
    this.#leaveAll(error);
    this.#finish();
  }

  #leaveAll(reason: GatewayError): void {
    for (const element of this.#open.values()) this.#context.shared.leave(element);
    this.#open.clear();
    this.group.cancel(reason);
  }

  #finish(): void {
    this.#end();
    const { length } = this.#elements;
    if (length > 0 && this.#failed.size === length) {
      this.#receiver.missed(this.#failed.values().next().value);
      return;
    }
    const pieces: Buffer[] = [];
    for (const text of this.#texts) pieces.push(pieces.length === 0 ? OPEN : COMMA, text ?? NULL);
    pieces.push(length === 0 ? EMPTY : CLOSE);
    this.#receiver.listed(new ListValue(Buffer.concat(pieces), this.#came), this.#lacking());
  }

  /** A few are named; of more, there is a number. */
  #lacking(): readonly MissingPart[] {
    const { name } = this.#part.config;
    const failed = [...this.#failed].toSorted(([a], [b]) => a - b);
    if (failed.length <= MOST_NAMED) {
      return failed.map(([index, error]) => missingPart(this.exchange, `${name}[${index}]`, error));
    }
    const { reason } = missingPart(this.exchange, name, failed[0]![1]);
    return [{ name: `${name}[*]`, reason, count: failed.length }];
  }

  #end(): void {
    this.#isOver = true;
    this.stop();
  }
}

/** Tells which of the elements it was. */
class Element implements PartReceiver {
  readonly #elements: RunningElements;
  readonly #index: number;

  constructor(elements: RunningElements, index: number) {
    this.#elements = elements;
    this.#index = index;
  }

  came(json: Json): void {
    this.#elements.came(this.#index, json);
  }

  missed(error: unknown): void {
    this.#elements.missed(this.#index, error);
  }
}

/** All answers of a list may be this many times as long as one. */
const MOST_BODIES = 10;

/** Failed elements that are named one by one: the field must stay short. */
const MOST_NAMED = 5;

const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');
const EMPTY = Buffer.from('[]');
const NULL = Buffer.from('null');
