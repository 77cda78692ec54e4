/** Runs the parts that a BFF describes: one, or several in parallel. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cancellation } from '../core/cancellation.ts';
import type { Clock } from '../core/clock.ts';
import { type ClientExchange, exchangeOf, mustBeOpen } from '../edge/client-exchange.ts';
import type { MissingPart } from '../core/record.ts';
import { markDegraded } from '../edge/degraded.ts';
import { GatewayError } from '../core/errors.ts';
import { gather, missingPart } from '../routes/gather.ts';
import type { PartRequest } from '../routes/part.ts';
import { openPart } from '../routes/part-open.ts';
import { runPart } from '../routes/part-run.ts';
import { CallDispatcher, type UpstreamDispatcher } from '../upstream/dispatcher/call-dispatcher.ts';
import type { UpstreamCall } from '../upstream/lease.ts';
import type { BatchPlan } from './batch.ts';
import { gatherTasks, mustBeGatherable, type Task } from './gather-tasks.ts';
import { PartBatches, type Starting } from './part-batches.ts';
import { PartDescriber } from './part-describer.ts';
import { OpenedAnswer, type OpenOptions } from './opened-answer.ts';
import { leaveBody } from './part-body.ts';
import { type Described, mustBePart, type Part } from './parts.ts';
import { isProblemError } from './problem-error.ts';
import type { GatheredAll, Gatherables } from './steps.ts';

/** What a mounted BFF may call. */
export interface RunnerOptions {
  readonly calls: ReadonlyMap<string, UpstreamCall>;
  readonly batches: ReadonlyMap<string, BatchPlan>;
  /** The authorities by which an upstream may speak of itself. */
  readonly ownNamesOf: (upstream: string) => ReadonlySet<string>;
  readonly clock: Clock;
}

/** One gather that is under way. */
interface Gathering {
  readonly request: FastifyRequest;
  readonly client: ClientExchange;
  readonly group: Cancellation;
  readonly missing: MissingPart[];
}

/** Runs parts for requests of one mounted BFF. */
export class PartRunner {
  readonly #calls: ReadonlyMap<string, UpstreamCall>;
  readonly #ownNamesOf: RunnerOptions['ownNamesOf'];
  readonly #clock: Clock;
  readonly #describer: PartDescriber;
  readonly #batches: PartBatches | undefined;
  /** In a step: its gather, with which everything that the step calls ends. */
  readonly #stepOf = new AsyncLocalStorage<Cancellation>();

  constructor({ calls, batches, ownNamesOf, clock }: RunnerOptions) {
    this.#calls = calls;
    this.#ownNamesOf = ownNamesOf;
    this.#clock = clock;
    this.#describer = new PartDescriber(clock);
    if (batches.size > 0) this.#batches = new PartBatches(batches, this.#describer);
  }

  /** Calls `upstream` on behalf of `request`, for libraries that are built on undici. */
  dispatcher(request: FastifyRequest, upstream: string): UpstreamDispatcher {
    const context = exchangeOf(request.raw);
    const clock = this.#clock;
    const dispatcher = new CallDispatcher({
      upstream,
      ownNames: () => this.#ownNamesOf(upstream),
      call: this.#callOf(upstream),
      clock,
      context,
      signal: () => this.#stepOf.getStore() ?? context.signal,
      record: () => context.record.call('part', upstream, upstream, clock.now()),
      mustBeOpen: () => mustBeOpen(context),
    });
    // It serves handlers of either kind.
    return dispatcher as unknown as UpstreamDispatcher;
  }

  async run<T>(request: FastifyRequest, reply: FastifyReply, part: Part<T>): Promise<T> {
    mustBePart('the part', part);
    const { [part.upstream]: value } = await this.gather(request, reply, { [part.upstream]: part });
    return value as T;
  }

  async gather<G extends Gatherables>(
    request: FastifyRequest,
    reply: FastifyReply,
    parts: G,
  ): Promise<GatheredAll<G>> {
    mustBeGatherable(parts);
    const { tasks, result } = gatherTasks(parts);
    const client = exchangeOf(request.raw);
    mustBeOpen(client);
    const group = (this.#stepOf.getStore() ?? client.signal).child();
    const gathering: Gathering = { request, client, group, missing: [] };
    await gather(tasks, group, (task) => this.#task(gathering, task));
    markDegraded(reply, gathering.missing);
    // The tasks have put their values into the shape of `parts`.
    return result() as GatheredAll<G>;
  }

  /** Opens an answer whose body streams. */
  async open(
    request: FastifyRequest,
    reply: FastifyReply,
    upstream: string,
    { template, options }: { readonly template: string; readonly options: OpenOptions },
  ): Promise<OpenedAnswer> {
    const call = this.#callOf(upstream);
    const exchange = exchangeOf(request.raw);
    mustBeOpen(exchange);
    const group = (this.#stepOf.getStore() ?? exchange.signal).child();
    const asked = opened(request, { upstream, template, options });
    const onFault = (error: Error): void => group.cancel(error);
    const description = this.#describer.describe(request, upstream, asked, call, onFault);
    const leave = (): void => leaveBody(description.body, request);
    const response = await openPart(call, { exchange, group }, description).catch(
      (error: unknown) => {
        leave();
        throw error;
      },
    );
    // An upstream may answer while it still reads.
    response.body.onClose(leave);
    return new OpenedAnswer(response, reply);
  }

  #callOf(upstream: string): UpstreamCall {
    const call = this.#calls.get(upstream);
    if (call !== undefined) return call;
    throw new TypeError(`the BFF did not declare the upstream "${upstream}"`);
  }

  async #task(gathering: Gathering, task: Task): Promise<void> {
    const { name, put } = task;
    const { fallback } = 'part' in task ? task.part : task;
    try {
      put(await this.#outcome(gathering, task));
    } catch (error) {
      if (fallback === undefined) throw error;
      if (!('part' in task) || task.part.report()) note(gathering, name, error);
      put(fallback.value);
    }
  }

  #outcome({ request, group }: Gathering, task: Task): Promise<unknown> {
    if ('part' in task) {
      const { part, name } = task;
      return part.outcome(() => this.#one(request, name, part, group));
    }
    return this.#stepOf.run(group, async () => task.work());
  }

  async #one<T>(
    request: FastifyRequest,
    name: string,
    part: Part<T>,
    group: Cancellation,
  ): Promise<T> {
    const call = this.#callOf(part.upstream);
    // Ends with its gather, and if what it sends breaks.
    const own = isStream(part) ? group.child() : group;
    const onFault = (error: Error): void => own.cancel(error);
    const description = this.#describer.describe(request, name, part, call, onFault);
    const starting: Starting = { request, name, part, description, call, group: own };
    const answer = this.#batches?.join(starting) ?? alone(starting, description);
    const value = await (isStream(part)
      ? answer.finally(() => leaveBody(description.body, request))
      : answer);
    const { schema } = part.options;
    if (schema === undefined) return value as T;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new GatewayError('GW_UPSTREAM_INVALID', `${name} does not match its schema`, {
      cause: parsed.error,
    });
  }
}

const isStream = ({ options: { body } }: Part<unknown>): boolean => body instanceof Readable;

/** What the client says of the bytes that it has and wants. */
const CONDITIONAL = [
  'range',
  'if-range',
  'if-none-match',
  'if-modified-since',
  'if-match',
] as const;

/** The request of an opened answer: it takes any type, and what the client says of ranges if asked to. */
function opened(
  { raw }: FastifyRequest,
  {
    upstream,
    template,
    options: { method, conditional = false, ...options },
  }: { readonly upstream: string; readonly template: string; readonly options: OpenOptions },
): Described<never> {
  const headers: Record<string, string> = { accept: '*/*' };
  for (const name of conditional ? CONDITIONAL : []) {
    const value = raw.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return {
    upstream,
    method: method ?? (raw.method === 'HEAD' ? 'HEAD' : 'GET'),
    template,
    options: { ...options, headers: { ...headers, ...options.headers } },
  };
}

/** The elements of a list that are missing for the same reason are named once. */
function note({ client, missing }: Gathering, name: string, error: unknown): void {
  const part = isProblemError(error)
    ? { name, reason: `status-${error.options.status}` }
    : missingPart(client, name, error);
  const isKnown = missing.some((each) => each.name === name && each.reason === part.reason);
  if (!isKnown) missing.push(part);
}

function alone({ request, part, call, group }: Starting, asked: PartRequest): Promise<unknown> {
  const isText = part.options.numbers === 'text';
  return runPart(call, { exchange: exchangeOf(request.raw), group }, asked).then((json) =>
    isText ? json.withNumbersAsText() : json.value,
  );
}
