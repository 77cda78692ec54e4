/**
 * Upstreams as BFF code sees them: parts that are described first and run later, in parallel.
 *
 * A part is run by the request it is made for, and carries its deadline, identity, abort, trace and
 * policies: there is no client that could be used outside a request. It runs once: everyone who awaits it,
 * or passes it to `run` or `gather`, gets the outcome of that one call.
 */
import { inspect } from 'node:util';
import type { z } from 'zod';
import type { UpstreamDispatcher } from '../upstream/dispatcher/call-dispatcher.ts';
import type { OpenedAnswer, OpenOptions } from './opened-answer.ts';
import type { Gatherables, GatheredAll } from './steps.ts';

/** A value for a path or a query. */
export type Scalar = string | number | boolean;

export interface PartOptions<T> {
  /** Values of the template's `{name}`s. */
  readonly path?: Readonly<Record<string, Scalar>>;
  /** `undefined` leaves a parameter out. */
  readonly query?: Readonly<Record<string, Scalar | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** To the end of the body, such as `300ms`; default: the upstream's `deadline`. */
  readonly timeout?: string;
  /** What the answer must look like; otherwise the part fails with GW_UPSTREAM_INVALID. */
  readonly schema?: z.ZodType<T>;
  /** Longest answer in bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /**
   * `text`: every number of the answer is the text of its source, so that ids past 2^53 keep
   * their digits. Default: JavaScript's numbers.
   */
  readonly numbers?: 'text';
}

export interface PartOptionsWithBody<T> extends PartOptions<T> {
  /** Sent as JSON; bytes as they are; a `Readable` as it comes, such as what the client uploads. */
  readonly body?: unknown;
}

/** A call that is made when it is awaited, or passed to `run` or `gather`; never more than once. */
export interface Part<T> extends PromiseLike<T> {
  readonly upstream: string;
  readonly method: string;
  readonly template: string;
  readonly options: PartOptionsWithBody<T>;
  /** Replaces the value if the call fails; a part without it is required. */
  readonly fallback?: { readonly value: T };
  /** Like those of a promise; both run the part. */
  catch<F>(onRejected: (reason: unknown) => F | PromiseLike<F>): Promise<T | F>;
  finally(onFinally: () => void): Promise<T>;
}

/** Calls one upstream; `T` is the assumed type of the answer, checked only if a schema is given. */
export interface UpstreamClient {
  get<T = unknown>(template: string, options?: PartOptions<T>): Part<T>;
  post<T = unknown>(template: string, options?: PartOptionsWithBody<T>): Part<T>;
  put<T = unknown>(template: string, options?: PartOptionsWithBody<T>): Part<T>;
  patch<T = unknown>(template: string, options?: PartOptionsWithBody<T>): Part<T>;
  delete<T = unknown>(template: string, options?: PartOptions<T>): Part<T>;
  /**
   * For libraries that are built on undici, such as `fetch` or an SDK: their calls to `http://<upstream>` run under
   * the upstream's policies, on behalf of this request, and end with it. Later ones fail with GW_REQUEST_OVER.
   */
  readonly dispatcher: UpstreamDispatcher;
  /**
   * Makes a call at once, and resolves at the head of its answer, whose body streams: for files and anything else that
   * is not JSON. The `timeout` bounds the head.
   */
  open(template: string, options?: OpenOptions): Promise<OpenedAnswer>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The upstreams that the BFF declared; `defineBff` types their names. */
    readonly upstreams: Readonly<Record<string, UpstreamClient>>;
    /**
     * Runs everything in parallel: parts, lists of parts, and steps, which are functions that await others. If a
     * required one fails, the others are cancelled and the request fails.
     */
    gather<G extends Gatherables>(parts: G): Promise<GatheredAll<G>>;
    /** Runs one part; if it is optional and missing, it is named by its upstream. */
    run<T>(part: Part<T>): Promise<T>;
    /**
     * Does the client want the field at `path` of the answer, such as `similar` or `order.items`, or something of it?
     * Always, unless the endpoint has `config: { fields: true }` and the client names others.
     */
    asksFor(path: string): boolean;
  }
}

/** The upstream and request of a part. */
export type Described<T> = Pick<Part<T>, 'upstream' | 'method' | 'template' | 'options'>;

/** What runs a part, where it is awaited; by the request that it is made for. */
export type RunPart = <T>(part: Part<T>) => Promise<T>;

/** The one call of a part, shared with its `optional` version. */
class Once {
  #outcome: Promise<unknown> | undefined;

  of(make: () => Promise<unknown>): Promise<unknown> {
    return (this.#outcome ??= make());
  }
}

/** A part, as the client of an upstream makes it. */
export class DescribedPart<T> implements Part<T> {
  readonly upstream: string;
  readonly method: string;
  readonly template: string;
  readonly options: PartOptionsWithBody<T>;
  readonly fallback?: { readonly value: T };
  readonly #run: RunPart;
  readonly #once: Once;
  #awaited: Promise<T> | undefined;
  #isReported = false;

  constructor(
    { upstream, method, template, options }: Described<T>,
    run: RunPart,
    optional?: { readonly once: Once; readonly value: T },
  ) {
    this.upstream = upstream;
    this.method = method;
    this.template = template;
    this.options = options;
    this.#run = run;
    this.#once = optional?.once ?? new Once();
    if (optional !== undefined) this.fallback = { value: optional.value };
  }

  /** The same call, with `value` if it fails. */
  withFallback(value: T): DescribedPart<T> {
    return new DescribedPart(this, this.#run, { once: this.#once, value });
  }

  /** The outcome of the call, which `make` makes if it has not been made yet. */
  outcome(make: () => Promise<unknown>): Promise<unknown> {
    return this.#once.of(make);
  }

  /** Is this the first time that its value is found missing? An answer names a part once. */
  report(): boolean {
    const isFirst = !this.#isReported;
    this.#isReported = true;
    return isFirst;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- to be awaited is what it is for
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#await().then(onFulfilled, onRejected);
  }

  catch<F>(onRejected: (reason: unknown) => F | PromiseLike<F>): Promise<T | F> {
    return this.#await().catch(onRejected);
  }

  finally(onFinally: () => void): Promise<T> {
    return this.#await().finally(onFinally);
  }

  /** @throws {TypeError} always: a response would show the call instead of its value */
  toJSON(): never {
    return this.toString();
  }

  /** @throws {TypeError} always, like `toJSON` */
  toString(): never {
    throw new TypeError(
      `${this.method} ${this.template} of ${this.upstream} was not awaited: ${HOW}`,
    );
  }

  #await(): Promise<T> {
    return (this.#awaited ??= this.#run<T>(this));
  }
}

const HOW = 'await it, or give it to request.run or request.gather';

/** What runs the calls of a client. */
export interface ClientRunner {
  readonly run: RunPart;
  readonly open: (
    upstream: string,
    template: string,
    options: OpenOptions,
  ) => Promise<OpenedAnswer>;
  /** Makes the dispatcher of an upstream, for one request. */
  readonly dispatcher: (upstream: string) => UpstreamDispatcher;
}

/** Upstreams of a BFF, for one request. */
export function upstreamClients(
  names: readonly string[],
  runner: ClientRunner,
): Readonly<Record<string, UpstreamClient>> {
  const clients: Record<string, UpstreamClient> = {};
  for (const name of names) clients[name] = new DescribingClient(name, runner);
  return clients;
}

class DescribingClient implements UpstreamClient {
  readonly #upstream: string;
  readonly #runner: ClientRunner;
  #dispatcher: UpstreamDispatcher | undefined;

  constructor(upstream: string, runner: ClientRunner) {
    this.#upstream = upstream;
    this.#runner = runner;
  }

  get dispatcher(): UpstreamDispatcher {
    return (this.#dispatcher ??= this.#runner.dispatcher(this.#upstream));
  }

  get<T>(template: string, options?: PartOptions<T>): Part<T> {
    return this.#part('GET', template, options);
  }

  post<T>(template: string, options?: PartOptionsWithBody<T>): Part<T> {
    return this.#part('POST', template, options);
  }

  put<T>(template: string, options?: PartOptionsWithBody<T>): Part<T> {
    return this.#part('PUT', template, options);
  }

  patch<T>(template: string, options?: PartOptionsWithBody<T>): Part<T> {
    return this.#part('PATCH', template, options);
  }

  delete<T>(template: string, options?: PartOptions<T>): Part<T> {
    return this.#part('DELETE', template, options);
  }

  open(template: string, options: OpenOptions = {}): Promise<OpenedAnswer> {
    return this.#runner.open(this.#upstream, template, options);
  }

  #part<T>(method: string, template: string, options: PartOptionsWithBody<T> = {}): Part<T> {
    return new DescribedPart(
      { upstream: this.#upstream, method, template, options },
      this.#runner.run,
    );
  }
}

/** @throws {TypeError} for an answer, or the promise of one, instead of a part */
export function mustBePart<T>(name: string, value: Part<T>): asserts value is DescribedPart<T>;
export function mustBePart(name: string, value: unknown): void {
  if (value instanceof DescribedPart) return;
  // Nothing awaits a promise that is refused here: if it rejects, it must not end the process.
  if (value instanceof Promise) value.catch(() => undefined);
  const wanted = 'give it what request.upstreams.….get(…) or optional(…) returns';
  throw new TypeError(`${name} is ${inspect(value, { depth: 0 })}, not a part: ${wanted}`);
}
