/**
 * A route as it runs: its config, the hooks of its plugins and the calls it may make, flattened at
 * boot, so that what is not there costs nothing.
 */
import type { Transform } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Call } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import type { RouteConfig } from '../config/build/config.ts';
import type { ResponseHead } from '../edge/response-head.ts';

/** Runs before the action; answering through `reply`, or throwing, ends the request there. */
export type RequestHook = (request: FastifyRequest, reply: FastifyReply) => void | Promise<void>;
/** Edits the head of the answer, synchronously. */
export type ResponseHook = (request: FastifyRequest, head: ResponseHead) => void;
/** A stream to send the body through; `undefined` leaves it as it is. */
export type BodyTransform = (request: FastifyRequest, head: ResponseHead) => Transform | undefined;

export interface Route {
  readonly config: RouteConfig;
  /** In the order of their phases. */
  readonly requestHooks: readonly RequestHook[];
  readonly responseHooks: readonly ResponseHook[];
  readonly transforms: readonly BodyTransform[];
  /** A hook answers preflights: those are matched by the method they ask for. */
  readonly answersPreflight: boolean;
  /** Answers go through Fastify's reply, so that `onSend` hooks of ordinary plugins run. */
  readonly replyPath: boolean;
  /** Calls an upstream under this route. */
  readonly callOf: (upstream: string) => UpstreamCall;
  /**
   * The same route with plugin options besides its own, as a BFF gives them to one of its routes.
   *
   * @throws {TypeError} for options that no plugin takes
   */
  readonly narrowedBy: (options: Readonly<Record<string, unknown>>, endpoint: string) => Route;
}

export interface UpstreamCall {
  readonly call: Call;
  /** Of this route: its own, or the upstream's. */
  readonly deadlineMs: number;
  readonly idleTimeoutMs: number;
}

/** Limits and time that actions share. */
export interface ActionContext {
  readonly clock: Clock;
  /** Silence of a client that sends. */
  readonly idleMs: number;
  /** Bytes a second that its body must have; 0: any. */
  readonly minRate: number;
  /** For how long a client may take nothing of its answer. */
  readonly readerIdleMs: number;
  /** Longest target of a request. */
  readonly urlBytes: number;
  /** Told of each answer that stands in for an upstream's. */
  readonly onFallback: (route: string, reason: string) => void;
}

/** The last step of a route, behind all hooks. */
export type Action = (request: FastifyRequest, reply: FastifyReply) => void | Promise<void>;
