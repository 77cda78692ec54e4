/** What a plugin does on a route: hooks of the request, and policies around its calls. */
import type { Transform } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Policy } from '../core/call.ts';
import type { GatewayError } from '../core/errors.ts';
import type { ErrorAnswer } from '../edge/error-form.ts';
import type { ResponseHead } from '../edge/response-head.ts';
import type { ApiSchema } from '../config/openapi/model.ts';
import type { Operation } from '../openapi/operation.ts';
import type { BodyConversion } from '../routes/route.ts';

/** When a hook runs, in this order; a word, never a number. */
export const PHASES = [
  'cors',
  'ip',
  'limitAddress',
  'authenticate',
  'authorize',
  'limitConsumer',
  'validate',
  'request',
] as const;
export type Phase = (typeof PHASES)[number];

/** Where a plugin has been switched on. */
export interface PluginWhere {
  /** Name of the route. State that several endpoints of a route share is keyed by it. */
  readonly route: string;
  /** Pattern of the BFF endpoint that sets the options; absent if the route itself sets them. */
  readonly endpoint?: string;
  /** What scripts of pages need there, as the plugins on the route say; see `scripts` of a definition. */
  readonly scripts: ScriptFields;
}

/** Header fields, in lower case, that scripts in browsers need for a protocol. */
export interface ScriptFields {
  /** Of requests. */
  readonly send: readonly string[];
  /** Of responses. */
  readonly read: readonly string[];
}

/** What `onRequest` would do with a request. */
export interface HookExplanation {
  /** A few words for operators; never a token, a key, or the value of a field that may hold one. */
  readonly says: string;
  /**
   * False if only a call or a body would tell, so that a real request may be refused here. Default true.
   */
  readonly isCertain?: boolean;
  /** What `onRequest` would throw; to throw it says the same, without words. */
  readonly refusal?: GatewayError;
}

/** What `prepare` gets. */
export interface PreparedRoute {
  /**
   * What the route serves, by the OpenAPI documents of its upstreams, its own schemas, or, if nothing else is known, by its
   * match alone (`isFree`). Put together when this is called first.
   */
  operations(): RouteOperations;
  /** Lets other work run if this has taken a while: await it after each piece of long work. */
  pause(): Promise<void>;
}

/** The operations of a route, by the paths that clients ask for. */
export interface RouteOperations {
  readonly operations: readonly Operation[];
  /** What `$ref: '#/components/schemas/…'` in their schemas names. All routes of a gateway have the same map. */
  readonly schemas: ReadonlyMap<string, ApiSchema>;
  /** Why some are not told, for operators. */
  readonly untold: readonly string[];
  readonly callsUpstreams: boolean;
}

/** Hooks of the response and of calls. */
interface CommonHooks {
  /**
   * Gets each answer as the route's action gives it, before any plugin has edited it: for whoever keeps answers. What it
   * returns may wait for the body, and gives the one that goes on; `undefined` leaves the answer alone. The first
   * plugin is the first. It does not run for errors of the gateway.
   */
  answered?(request: FastifyRequest, head: ResponseHead): BodyConversion | undefined;
  /**
   * Runs once all routes are made, before the generation serves: for work that takes long, or needs to know what the route
   * serves. What it throws refuses the config, at the plugin's key.
   */
  prepare?(route: PreparedRoute): void | Promise<void>;
  /** Edits status and headers of the response, synchronously. */
  onResponse?(request: FastifyRequest, head: ResponseHead): void;
  /** A stream for the body to pass through; routes with one take Fastify's reply path. */
  transform?(request: FastifyRequest, head: ResponseHead): Transform | undefined;
  /**
   * Turns the body of an answer into the one to send, after all transforms; the last plugin is the first. What it returns may wait for bytes, and may
   * edit the head until it has settled; that costs no stream. `content-length` is the length where that is known.
   * It also runs for heads without a body (HEAD, 204, 304): these it may only edit. It does not run for errors of the
   * gateway.
   */
  convert?(request: FastifyRequest, head: ResponseHead): BodyConversion | undefined;
  /**
   * How an error of the gateway looks to clients of a protocol with errors of its own. `undefined`: this client
   * gets a problem document. For an answer that has begun, see `broken` of `convertBody`.
   */
  errorAnswer?(request: FastifyRequest, error: GatewayError): ErrorAnswer | undefined;
  /** Wraps every call made under the route; made once for each of its upstreams. */
  policy?(upstream: string): Policy;
  /** Around the whole call (`outer`, retries inside), or around each attempt. Default `outer`. */
  readonly place?: 'outer' | 'inner';
  /**
   * The policy only changes the request that it passes on: it counts nothing and makes no call. `portico
   * explain` then runs it, to tell what upstreams would get. Default false.
   */
  readonly isPure?: boolean;
  /** Called when the generation ends: release what was made for this route. */
  close?(): void | Promise<void>;
}

/** A set with a hook of the request. */
interface RequestHooks extends CommonHooks {
  /** When `onRequest` runs. */
  readonly phase: Phase;
  /** Throws a GatewayError to refuse; answers through `reply` to end the request here. */
  onRequest(request: FastifyRequest, reply: FastifyReply): void | Promise<void>;
  /**
   * What `onRequest` would do, for `portico explain`: it throws what `onRequest` would throw, and sets
   * `request.consumer` as that would, but counts nothing, keeps nothing and makes no call. If `onRequest` does
   * none of these anyway, it can be the same function. Without it, explaining leaves the hook out and says so.
   */
  explain?(
    request: FastifyRequest,
    reply: FastifyReply,
  ): void | HookExplanation | Promise<void | HookExplanation>;
}

/** A set without one. */
interface OtherHooks extends CommonHooks {
  readonly phase?: undefined;
  readonly onRequest?: undefined;
  readonly explain?: undefined;
}

/**
 * One set of hooks: an absent member costs nothing.
 *
 * A union, because TypeScript looks for unknown keys in what a function returns only where a known one is missing: with
 * a `phase`, a misspelt `onRequest` is an error, and so is a set of nothing but misspelt hooks.
 */
export type PluginHooks = RequestHooks | OtherHooks;

/** The state of something that a plugin depends on. It holds no secret: operators read it without a token. */
export interface PluginState {
  /** What it is, in a word or two: `redis`, `key set`. */
  readonly kind: string;
  /** Which one. Of a URL, user information and query are not shown. */
  readonly name: string;
  readonly isOk: boolean;
  /** Since when it has been ok, or has not, in milliseconds since 1970. */
  readonly since?: number | undefined;
  readonly lastError?: { readonly at: number; readonly why: string } | undefined;
  /** More of it, such as `{ keys: 2 }`. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** What `register` returns. */
export interface RegisteredPlugin<Options> {
  /**
   * Runs while the gateway starts, once for each route that has the plugin's key and once more for each
   * endpoint of a BFF that narrows it; compiles what it needs.
   *
   * @returns one set of hooks, several that run in different phases, or nothing
   */
  route(options: Options, where: PluginWhere): PluginHooks | readonly PluginHooks[] | undefined;
  /**
   * What the plugin depends on, such as a server that it asks, and how that is: for `/status` and the operator's
   * page. Called whenever somebody looks, so it only tells what is known and starts nothing.
   */
  status?(): Iterable<PluginState>;
  /** Called when the generation ends. */
  close?(): void | Promise<void>;
}
