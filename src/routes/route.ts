/**
 * A route as it runs: its config, the hooks of its plugins and the calls it may make. It is flattened at
 * boot, so that what is not configured costs nothing.
 */
import type { Transform } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConsumerStreams } from '../policies/consumer-streams.ts';
import type { UpstreamCall } from '../upstream/lease.ts';
import type { Body } from '../core/body.ts';
import type { Clock } from '../core/clock.ts';
import type { OpenStreams } from '../core/open-streams.ts';
import type { Layer, Sender } from '../core/sender.ts';
import type { RouteConfig } from '../config/build/config.ts';
import type { ErrorForm } from '../edge/error-form.ts';
import type { PublishedDocuments } from '../openapi/published.ts';
import type { Mirrors } from './mirror/mirrors.ts';
import type { OperationsContext } from './operations/context.ts';
import type { ResponseHead } from '../edge/response-head.ts';
import type { Splits } from './splits.ts';

/** Runs before the action; answering through `reply` or throwing ends the request there. */
export type RequestHook = (request: FastifyRequest, reply: FastifyReply) => void | Promise<void>;
/** Edits the head of the answer, synchronously. */
export type ResponseHook = (request: FastifyRequest, head: ResponseHead) => void;
/** Gives a stream to send the body through, or `undefined` to leave the body alone. */
export type BodyTransform = (request: FastifyRequest, head: ResponseHead) => Transform | undefined;

/** Turns the body of an answer into the one to send, and may edit the head until it has settled. */
export type BodyConversion = (body: Body) => Body | Promise<Body>;
/** Gives what to do with the body, or `undefined` to leave it alone; edits the head. */
export type AnswerConverter = (
  request: FastifyRequest,
  head: ResponseHead,
) => BodyConversion | undefined;

/** How a protocol over HTTP differs from it. */
export interface CallProtocol {
  /** Reads answers before the circuit counts them. */
  readonly reading: Layer;
  /** Its requests may be sent again whatever their method. */
  readonly isRepeatable: boolean;
}

export interface Route {
  readonly config: RouteConfig;
  /** In the order of their phases. */
  readonly requestHooks: readonly RequestHook[];
  /** They get answers before all others do, as the action gives them. Absent: nobody does. */
  readonly takers: readonly AnswerConverter[] | undefined;
  readonly responseHooks: readonly ResponseHook[];
  readonly transforms: readonly BodyTransform[];
  /** They get the body last, after all transforms. Absent: nobody converts answers here. */
  readonly converters: readonly AnswerConverter[] | undefined;
  /** Absent: errors are problem documents. */
  readonly errorForm: ErrorForm | undefined;
  /** A hook answers preflights, so they are matched by the method they ask about. */
  readonly answersPreflight: boolean;
  /** Answers go through Fastify's reply, so that `onSend` hooks of ordinary plugins run. */
  readonly replyPath: boolean;
  /** Calls an upstream under this route. */
  readonly callOf: (upstream: string, protocol?: CallProtocol) => UpstreamCall;
  /** Authorities by which an upstream may speak of itself; see own-names.ts. */
  readonly ownNamesOf: (upstream: string) => ReadonlySet<string>;
  /** Asks an upstream for a WebSocket under this route. */
  readonly tunnelOf: (upstream: string) => Sender;
  /** Sends copies to an upstream under this route, within a deadline of their own. */
  readonly mirrorOf: (upstream: string, deadlineMs: number) => Sender;
  /**
   * The same route with further plugin options, as a BFF gives them to one of its routes.
   *
   * @throws {TypeError} for options that no plugin accepts
   */
  readonly narrowedBy: (options: Readonly<Record<string, unknown>>, endpoint: string) => Route;
}

/** Limits and the clock that actions share. */
export interface ActionContext {
  readonly clock: Clock;
  /** How long a client may pause in its request body, in milliseconds. */
  readonly idleMs: number;
  /** Bytes per second at which the body must arrive; 0: no minimum. */
  readonly minRate: number;
  /** How long a client may take nothing of its answer, in milliseconds. */
  readonly readerIdleMs: number;
  /** Milliseconds since 1970, for what other machines have signed. */
  readonly wallClock: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly streams: OpenStreams;
  readonly consumerStreams: ConsumerStreams;
  readonly mirrors: Mirrors;
  /** The longest request target, in bytes. */
  readonly urlBytes: number;
  readonly splits: Splits;
  /** Absent: there is no store. */
  readonly operations: OperationsContext | undefined;
  /** What routes publish. */
  readonly documents: PublishedDocuments;
  /** Called for each fallback answer. */
  readonly onFallback: (route: string, reason: string) => void;
  /** Called for each copy of a request, with how it ended or why it was not sent. */
  readonly onMirror: (route: string, upstream: string, outcome: string) => void;
  /** Called for each pair of answers that was to be compared. */
  readonly onCompared: (route: string, upstream: string, result: string) => void;
  /** Called where both have answered, with the milliseconds that the primary and the mirror took. */
  readonly onBothAnswered: (
    route: string,
    upstream: string,
    primaryMs: number,
    mirrorMs: number,
  ) => void;
}

/** The last step of a route, after all hooks. It answers, or calls `fail` once, or throws. */
export type Action = (
  request: FastifyRequest,
  reply: FastifyReply,
  fail: (error: Error) => void,
) => void;
