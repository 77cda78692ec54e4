/**
 * Upstreams as BFF code sees them: parts that are described first and run later, side by side.
 *
 * A part is run by the request it is made for, and carries its deadline, identity, abort, trace and
 * policies: there is no client that could be used outside a request.
 */
import { inspect } from 'node:util';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { encodeQueryValue, encodeSegment, encodeUnreserved } from '../canonical-path.ts';
import type { Clock } from '../clock.ts';
import { parseTemplate, renderTemplate, type Template } from '../config/template.ts';
import { exchangeOf, type MissingPart } from '../edge/client-exchange.ts';
import { markDegraded } from '../edge/degraded.ts';
import { gatewayHeaders, upstreamHost } from '../edge/forwarded.ts';
import { GatewayError, isGatewayError } from '../errors.ts';
import type { Cancellation } from '../cancellation.ts';
import type { MutableHeaders } from '../headers.ts';
import { isSafe } from '../json-number.ts';
import { degradedReason, notNeeded, type PartRequest, partTime, runPart } from '../routes/part.ts';
import { mustBeCanonical } from '../routes/rewrite.ts';
import type { UpstreamCall } from '../routes/route.ts';
import { parseDuration } from '../config/units.ts';

type Scalar = string | number | boolean;

export interface PartOptions<T> {
  /** Values of the template's `{name}`s. */
  readonly path?: Readonly<Record<string, Scalar>>;
  /** `undefined` leaves a parameter out. */
  readonly query?: Readonly<Record<string, Scalar | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** To the end of the body, such as `300ms`; default: the upstream's `deadline`. */
  readonly timeout?: string;
  /** What the answer must be; one that is not is GW_UPSTREAM_INVALID. */
  readonly schema?: z.ZodType<T>;
  /** Longest answer in bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /**
   * `text`: every number of the answer is the text that it is in the source, so that ids past 2^53 keep
   * their digits. Default: JavaScript's numbers.
   */
  readonly numbers?: 'text';
}

export interface PartOptionsWithBody<T> extends PartOptions<T> {
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** A call that has not been made yet. */
export interface Part<T> {
  readonly upstream: string;
  readonly method: string;
  readonly template: string;
  readonly options: PartOptionsWithBody<T>;
  /** What stands for it when it fails; a part without is required. */
  readonly fallback?: { readonly value: T };
}

/** Calls one upstream; `T` is what the answer is taken for, checked only where a schema is given. */
export interface UpstreamClient {
  get<T = unknown>(template: string, options?: PartOptions<T>): Part<T>;
  post<T = unknown>(template: string, options?: PartOptionsWithBody<T>): Part<T>;
  put<T = unknown>(template: string, options?: PartOptionsWithBody<T>): Part<T>;
  patch<T = unknown>(template: string, options?: PartOptionsWithBody<T>): Part<T>;
  delete<T = unknown>(template: string, options?: PartOptions<T>): Part<T>;
}

export type PartValues<P extends Readonly<Record<string, Part<unknown>>>> = {
  [K in keyof P]: P[K] extends Part<infer T> ? T : never;
};

declare module 'fastify' {
  interface FastifyRequest {
    /** The upstreams that the BFF declared; `defineBff` types their names. */
    readonly upstreams: Readonly<Record<string, UpstreamClient>>;
    /** Runs parts side by side; a required one that fails ends the others and the answer. */
    gather<P extends Readonly<Record<string, Part<unknown>>>>(parts: P): Promise<PartValues<P>>;
    /** Runs one part; named by its upstream where it is optional and missing. */
    run<T>(part: Part<T>): Promise<T>;
  }
}

/**
 * The same part, with what stands for it when it fails: something of its kind, `null` or `undefined`. It is
 * then named in `Gateway-Degraded`.
 */
export function optional<T>(part: Part<T>, fallback: NoInfer<T>): Part<T>;
export function optional<T, F extends null | undefined>(part: Part<T>, fallback: F): Part<T | F>;
export function optional<T>(part: Part<T>, fallback: T): Part<T> {
  return { ...part, fallback: { value: fallback } };
}

export function upstreamClient(upstream: string): UpstreamClient {
  const part =
    (method: string) =>
    <T>(template: string, options: PartOptionsWithBody<T> = {}): Part<T> => ({
      upstream,
      method,
      template,
      options,
    });
  return {
    get: part('GET'),
    post: part('POST'),
    put: part('PUT'),
    patch: part('PATCH'),
    delete: part('DELETE'),
  };
}

/** @throws {TypeError} for an answer, or the promise of one, where a call is to be described */
function mustBePart(name: string, value: unknown): asserts value is Part<unknown> {
  if (typeof value === 'object' && value !== null && 'upstream' in value) return;
  // Nobody waits for a promise that is refused here: where it fails, it must not end the process.
  if (value instanceof Promise) value.catch(() => undefined);
  const wanted = 'give it what request.upstreams.….get(…) or optional(…) returns';
  throw new TypeError(`${name} is ${inspect(value, { depth: 0 })}, not a part: ${wanted}`);
}

/** Templates of one BFF that are read once. */
const MAX_TEMPLATES = 1_000;

/** Runs parts for requests of one mounted BFF. */
export class PartRunner {
  readonly #calls: ReadonlyMap<string, UpstreamCall>;
  readonly #clock: Clock;
  readonly #templates = new Map<string, Template>();

  constructor(calls: ReadonlyMap<string, UpstreamCall>, clock: Clock) {
    this.#calls = calls;
    this.#clock = clock;
  }

  async run<T>(request: FastifyRequest, reply: FastifyReply, part: Part<T>): Promise<T> {
    mustBePart('the part', part);
    const { [part.upstream]: value } = await this.gather(request, reply, { [part.upstream]: part });
    return value as T;
  }

  async gather<P extends Readonly<Record<string, Part<unknown>>>>(
    request: FastifyRequest,
    reply: FastifyReply,
    parts: P,
  ): Promise<PartValues<P>> {
    for (const [name, part] of Object.entries(parts)) mustBePart(name, part);
    const group = exchangeOf(request.raw).signal.child();
    const missing: MissingPart[] = [];
    const settle = async ([name, part]: [string, Part<unknown>]): Promise<[string, unknown]> => {
      try {
        return [name, await this.#one(request, name, part, group)];
      } catch (error) {
        if (part.fallback === undefined) throw error;
        if (!isGatewayError(error)) request.log.error({ err: error, part: name }, 'bug');
        missing.push({ name, reason: degradedReason(error) });
        return [name, part.fallback.value];
      }
    };
    try {
      const values = await Promise.all(Object.entries(parts).map(settle));
      markDegraded(reply, missing);
      return Object.fromEntries(values) as PartValues<P>;
    } catch (error) {
      group.cancel(notNeeded());
      throw error;
    }
  }

  async #one<T>(
    request: FastifyRequest,
    name: string,
    part: Part<T>,
    group: Cancellation,
  ): Promise<T> {
    const call = this.#calls.get(part.upstream);
    if (call === undefined) {
      throw new TypeError(`the BFF did not declare the upstream "${part.upstream}"`);
    }
    const description = this.#describe(request, name, part, call);
    const exchange = exchangeOf(request.raw);
    const json = await runPart(call, exchange, group, description);
    const { schema, numbers } = part.options;
    const value = numbers === 'text' ? json.withNumbersAsText() : json.value;
    if (schema === undefined) return value as T;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new GatewayError('GW_UPSTREAM_INVALID', `${name} is not what it must be`, {
      cause: parsed.error,
    });
  }

  #describe<T>(
    request: FastifyRequest,
    name: string,
    part: Part<T>,
    { config, deadlineMs }: UpstreamCall,
  ): PartRequest {
    const { options, upstream, method } = part;
    const exchange = exchangeOf(request.raw);
    const headers: MutableHeaders = gatewayHeaders(exchange);
    headers['accept'] = 'application/json';
    headers['accept-encoding'] = 'identity';
    const language = request.headers['accept-language'];
    if (language !== undefined) headers['accept-language'] = language;
    for (const [key, value] of Object.entries(options.headers ?? {})) {
      headers[key.toLowerCase()] = value;
    }
    const host = upstreamHost(config.host, exchange);
    if (host !== undefined) headers['host'] = host;
    const body = options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body));
    if (body !== undefined) {
      headers['content-type'] ??= 'application/json';
      headers['content-length'] = String(body.length);
    }
    return {
      name,
      upstream,
      method,
      path: this.#path(part.template, options.path ?? {}),
      query: queryString(options.query ?? {}),
      headers,
      body,
      time: partTime(
        options.timeout === undefined ? undefined : parseDuration(options.timeout),
        deadlineMs,
        this.#clock,
      ),
      maxBodyBytes: options.maxBodyBytes ?? 1_048_576,
    };
  }

  /** @throws GW_REQUEST_INVALID when a value can not stand in a path */
  #path(text: string, values: Readonly<Record<string, Scalar>>): string {
    let template = this.#templates.get(text);
    if (template === undefined) {
      template = parseTemplate(text);
      // Code that puts values into the text itself must not fill the memory.
      if (this.#templates.size < MAX_TEMPLATES) this.#templates.set(text, template);
    }
    const path = renderTemplate(template, (reference) => {
      const value = values[reference.text];
      if (value === undefined) throw new TypeError(`no value for {${reference.text}} of ${text}`);
      return encoded(reference.text, encodeSegment, value);
    });
    return mustBeCanonical(path);
  }
}

function queryString(values: Readonly<Record<string, Scalar | undefined>>): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`${encodeUnreserved(name)}=${encoded(name, encodeQueryValue, value)}`],
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function encoded(name: string, encode: (text: string) => string, value: Scalar): string {
  try {
    if (typeof value === 'number' && !isSafe(String(value))) {
      throw new RangeError('a number that may have lost digits: ask for it with numbers: "text"');
    }
    return encode(String(value));
  } catch (error) {
    throw new GatewayError('GW_REQUEST_INVALID', `${name} is ${(error as Error).message}`, {
      cause: error,
    });
  }
}
