/**
 * Collects the parts that one request starts in one tick, and makes one call of those that a list answers.
 *
 * Each part gets its own element, and fails alone if that is not there. Parts that differ in anything but
 * their id are not asked for together: query, fields, timeout, numbers.
 */
import type { FastifyRequest } from 'fastify';
import type { Cancellation, CancelListener } from '../core/cancellation.ts';
import { encodeQueryValue, encodeUnreserved } from '../core/canonical-path.ts';
import { GatewayError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { isSafe } from '../core/json-number.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { type PartRequest, PartStatusError } from '../routes/part.ts';
import { runPart } from '../routes/part-run.ts';
import type { UpstreamCall } from '../upstream/lease.ts';
import { type BatchPlan, planKey } from './batch.ts';
import type { PartDescriber } from './part-describer.ts';
import type { Part } from './parts.ts';

/** Ids of one call, as they stand in its query; what is longer is divided. */
const MAX_IDS_BYTES = 4_096;

/** A part that is about to be called. */
export interface Starting {
  readonly request: FastifyRequest;
  readonly name: string;
  readonly part: Part<unknown>;
  readonly description: PartRequest;
  readonly call: UpstreamCall;
  readonly group: Cancellation;
}

/** A part that waits for its element. */
interface Waiting extends Starting {
  readonly id: string;
  readonly settle: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The parts of one mounted BFF that lists answer. */
export class PartBatches {
  readonly #plans: ReadonlyMap<string, BatchPlan>;
  readonly #describer: PartDescriber;
  /** Those of this tick. */
  readonly #collecting = new WeakMap<FastifyRequest, Map<string, Waiting[]>>();

  constructor(plans: ReadonlyMap<string, BatchPlan>, describer: PartDescriber) {
    this.#plans = plans;
    this.#describer = describer;
  }

  /** Its value, from a list; `undefined` if it is called by itself. */
  join(starting: Starting): Promise<unknown> | undefined {
    const { part } = starting;
    const plan = this.#plans.get(planKey(part.upstream, part.template));
    if (plan === undefined || !isBatched(part, plan)) return undefined;
    const id = String(part.options.path?.[plan.varies]);
    return new Promise((settle, reject) => {
      this.#collect({ ...starting, id, settle, reject }, plan);
    });
  }

  #collect(waiting: Waiting, plan: BatchPlan): void {
    const { request, part } = waiting;
    const kinds = this.#collecting.get(request) ?? new Map<string, Waiting[]>();
    this.#collecting.set(request, kinds);
    const key = kindOf(part, plan);
    const known = kinds.get(key);
    if (known !== undefined) {
      known.push(waiting);
      return;
    }
    kinds.set(key, [waiting]);
    // After everything that is ready to run now, so that parts described in loops of promises come along.
    void Promise.resolve().then(() =>
      process.nextTick(() => {
        const all = kinds.get(key)!;
        kinds.delete(key);
        for (const chunk of chunks(all, plan)) void this.#call(chunk, plan);
      }),
    );
  }

  async #call(chunk: readonly Waiting[], plan: BatchPlan): Promise<void> {
    const [first] = chunk as [Waiting];
    const { exchange, signal, live } = shared(chunk);
    if (live.size === 0) return;
    const ids = [...new Set(chunk.map(({ id }) => id))];
    try {
      // One alone is asked for as it was described.
      const asked = ids.length === 1 ? first.description : this.#list(first, ids, plan);
      const json = await runPart(first.call, { exchange, group: signal }, asked);
      const find = ids.length === 1 ? () => valueOf(json, first) : elements(json, first, plan);
      for (const waiting of live) settleFrom(waiting, find);
    } catch (error) {
      const why = ids.length === 1 ? error : ofList(error, first);
      for (const { reject } of live) reject(why);
    } finally {
      for (const waiting of chunk) waiting.group.unlisten(live.listenerOf(waiting));
    }
  }

  #list(
    { request, name, part, call }: Waiting,
    ids: readonly string[],
    plan: BatchPlan,
  ): PartRequest {
    const { [plan.varies]: _id, ...path } = part.options.path ?? {};
    const options = { ...part.options, path, maxBodyBytes: plan.maxBodyBytes };
    const list = { upstream: part.upstream, method: 'GET', template: plan.list, options };
    const described = this.#describer.describe(request, `list of ${name}`, list, call);
    const { query } = described;
    return { ...described, query: `${query === '' ? '?' : `${query}&`}${idsQuery(ids, plan)}` };
  }
}

/** The ids that a list cannot take, and parts with a bound of their own, are asked for one by one. */
function isBatched({ method, options }: Part<unknown>, { varies, style }: BatchPlan): boolean {
  const id = options.path?.[varies];
  if (method !== 'GET' || id === undefined || options.maxBodyBytes !== undefined) return false;
  return style === 'repeat' || !String(id).includes(',');
}

/** The same for all parts that one list can answer. */
function kindOf({ upstream, options }: Part<unknown>, { template, varies }: BatchPlan): string {
  const { path, query, headers, timeout, numbers } = options;
  const { [varies]: _id, ...rest } = path ?? {};
  return JSON.stringify([upstream, template, rest, query, headers, timeout, numbers]);
}

function* chunks(all: readonly Waiting[], { max }: BatchPlan): Generator<Waiting[]> {
  let chunk: Waiting[] = [];
  let ids = new Set<string>();
  let bytes = 0;
  for (const waiting of all) {
    const { id } = waiting;
    const more = ids.has(id) ? 0 : encodeQueryValue(id).length + 1;
    const isFull = ids.size === max || bytes + more > MAX_IDS_BYTES;
    if (more > 0 && isFull && chunk.length > 0) {
      yield chunk;
      chunk = [];
      ids = new Set();
      bytes = 0;
    }
    chunk.push(waiting);
    ids.add(id);
    bytes += more;
  }
  yield chunk;
}

function idsQuery(ids: readonly string[], { parameter, style }: BatchPlan): string {
  const name = encodeUnreserved(parameter);
  const values = ids.map(encodeQueryValue);
  return style === 'comma'
    ? `${name}=${values.join(',')}`
    : values.map((value) => `${name}=${value}`).join('&');
}

/** Those who still wait; the call ends with the last of them. */
class Live extends Set<Waiting> {
  readonly #listeners = new Map<Waiting, CancelListener>();
  readonly #signal: Cancellation;

  constructor(signal: Cancellation) {
    super();
    this.#signal = signal;
  }

  watch(waiting: Waiting): void {
    const listener = {
      onCancel: (reason: Error): void => {
        if (!this.delete(waiting)) return;
        waiting.reject(reason);
        if (this.size === 0) this.#signal.cancel(reason);
      },
    };
    this.add(waiting);
    this.#listeners.set(waiting, listener);
    waiting.group.listen(listener);
  }

  listenerOf(waiting: Waiting): CancelListener {
    return this.#listeners.get(waiting)!;
  }
}

function shared(chunk: readonly Waiting[]) {
  const exchange = exchangeOf(chunk[0]!.request.raw);
  const signal = exchange.signal.child();
  const live = new Live(signal);
  for (const waiting of chunk) live.watch(waiting);
  return { exchange, signal, live };
}

function settleFrom(waiting: Waiting, find: (waiting: Waiting) => unknown): void {
  try {
    waiting.settle(find(waiting));
  } catch (error) {
    waiting.reject(error);
  }
}

const valueOf = (json: Json, { part }: Pick<Starting, 'part'>): unknown =>
  part.options.numbers === 'text' ? json.withNumbersAsText() : json.value;

/** Finds the element of a part. @throws GW_UPSTREAM_INVALID if the answer is not a list */
function elements(json: Json, first: Waiting, plan: BatchPlan): (waiting: Waiting) => unknown {
  const answer = valueOf(json, first);
  const list = plan.items === '' ? answer : memberOf(answer, plan.items);
  if (!Array.isArray(list)) throw unreadable(first, plan, 'the answer is no list');
  const byId = new Map<string, unknown>();
  for (const element of list as unknown[]) {
    const id = memberOf(element, plan.key);
    if (typeof id !== 'string' && typeof id !== 'number') continue;
    // It may be the id of another element.
    if (typeof id === 'number' && !isSafe(String(id))) {
      throw unreadable(first, plan, 'an id may have lost digits: fetch it with numbers: "text"');
    }
    if (!byId.has(String(id))) byId.set(String(id), element);
  }
  return ({ id, name }) => {
    if (!byId.has(id)) throw new PartStatusError(name, 404);
    return byId.get(id);
  };
}

function unreadable({ name }: Waiting, { list }: BatchPlan, why: string): GatewayError {
  const cause = new TypeError(`${list}: ${why}`);
  return new GatewayError('GW_UPSTREAM_INVALID', `${name} is in no list`, { cause });
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** That a list is not there does not mean that its elements are not. */
function ofList(error: unknown, { name }: Waiting): unknown {
  if (!(error instanceof PartStatusError) || error.status !== 404) return error;
  const message = `${name} could not be fetched (status 404)`;
  return new GatewayError('GW_UPSTREAM_INVALID', message, { cause: error });
}
