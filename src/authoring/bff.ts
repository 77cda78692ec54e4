/**
 * A backend for one kind of client: a Fastify plugin that composes upstream calls into what its
 * screens need.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type BatchPlan, batchPlans } from './batch.ts';
import type { ForwardOptions } from './forward.ts';
import type { Apis, BatchesOf, Clients } from './typed-client.ts';

type Schemas = Readonly<{
  params?: z.ZodType;
  querystring?: z.ZodType;
  headers?: z.ZodType;
  body?: z.ZodType;
  /** By status; objects are trimmed to it. */
  response: Readonly<Record<number | `${number}xx`, z.ZodType>>;
  /** For OpenAPI documents, as the following: what the endpoint does, in a few words. */
  summary?: string;
  description?: string;
  /** Headings of the endpoint; `docs.tag` of the route replaces them. */
  tags?: readonly string[];
  operationId?: string;
  deprecated?: boolean;
  /** Problems of its own, each a `ProblemError`: by status, what they mean. */
  problems?: Readonly<Record<number, string>>;
  /** Keeps the endpoint out of documents. */
  hide?: boolean;
}>;

type Parsed<
  S extends Schemas,
  K extends 'params' | 'querystring' | 'headers' | 'body',
> = S[K] extends z.ZodType ? z.output<S[K]> : unknown;

/** A request whose schemas have been checked, with the upstreams that the BFF declared. */
export type BffRequest<U extends string, S extends Schemas, A = NoApis> = Omit<
  FastifyRequest,
  'params' | 'query' | 'body' | 'upstreams'
> & {
  readonly params: Parsed<S, 'params'>;
  readonly query: Parsed<S, 'querystring'>;
  readonly body: Parsed<S, 'body'>;
  readonly upstreams: Clients<U, A>;
};

/** No upstream is typed by its document. */
type NoApis = object;

type Answer<S extends Schemas> = S['response'][keyof S['response']] extends infer R
  ? R extends z.ZodType
    ? z.input<R>
    : never
  : never;

/** A misspelt key is an error, which names the key. */
type NoOtherSchemas<S> = { readonly [K in Exclude<keyof S, keyof Schemas>]: never };

type BffRoute<U extends string, A> = <const S extends Schemas>(
  url: string,
  options: { readonly schema: S & NoOtherSchemas<S>; readonly config?: BffRouteConfig },
  handler: (
    request: BffRequest<U, S, A>,
    reply: FastifyReply,
  ) => PromiseLike<Answer<S> | FastifyReply> | Answer<S> | FastifyReply,
) => unknown;

export interface BffRouteConfig {
  /** Plugin options for this route, in addition to those of the mount. */
  readonly portico?: Readonly<Record<string, unknown>>;
  /** May clients name the fields they want, as `?fields=id,similar(name)`? Default: no. */
  readonly fields?: boolean;
}

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The Fastify instance of a BFF: paths are relative to its mount. */
export type BffApp<U extends string, A = NoApis> = Omit<FastifyInstance, Verb | 'forward'> &
  Record<Verb, BffRoute<U, A>> & {
    /**
     * Passes requests for `pattern` (`/images/*`, `/orders/:id/invoice`) on to an upstream, and its answers back, as a
     * route with `upstream` does: bodies stream, and no schema trims them.
     */
    forward(pattern: string, upstream: U, options?: ForwardOptions): void;
  };

export interface BffOptions<U extends string, A = NoApis> {
  /** Names of the upstreams it calls; each must be in the config. */
  readonly upstreams: readonly U[];
  /**
   * `apis<{ catalog: Catalog }>()` types the clients of these upstreams by their OpenAPI documents; `portico types`
   * makes `Catalog`. Of types alone: nothing is checked at run time.
   */
  readonly apis?: Apis<A>;
  /**
   * By upstream and path: calls that an upstream answers many at a time. What a request starts in one tick becomes
   * one call of a list; `{ catalog: { '/products/{id}': { list: '/products', parameter: 'ids', items: 'items' } } }`.
   */
  readonly batch?: { readonly [K in NoInfer<U>]?: BatchesOf<K, NoInfer<A>> };
}

const BRAND: unique symbol = Symbol.for('portico.bff') as never;

/** What `defineBff` returns; `U` are the names of its upstreams. */
export interface Bff<U extends string = string> {
  readonly upstreams: readonly U[];
  readonly batches: ReadonlyMap<string, BatchPlan>;
  readonly register: (app: FastifyInstance) => void | Promise<void>;
  readonly [BRAND]: true;
}

/**
 * Defines a BFF; the module's default export. `register` adds its routes.
 *
 * @throws {TypeError} for a batch that cannot work
 */
export function defineBff<
  const U extends string,
  A extends { readonly [K in U]?: object } = NoApis,
>(options: BffOptions<U, A>, register: (app: BffApp<U, A>) => void | Promise<void>): Bff<U> {
  const { upstreams, batch = {} } = options;
  const batches = batchPlans(batch, upstreams);
  // The instance is Fastify's own; only its types differ.
  return { upstreams, batches, register: register as unknown as Bff['register'], [BRAND]: true };
}

export function isBff(value: unknown): value is Bff {
  return typeof value === 'object' && value !== null && BRAND in value;
}
