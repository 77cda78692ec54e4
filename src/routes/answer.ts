/**
 * Answers a client by making a call: its request goes in, the call's response goes out, and both bodies
 * stream.
 *
 * Runs as the last `onRequest` hook and takes over the reply, so that Fastify never parses the body: its
 * parsers answer 415 to odd content types and give no body on GET.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Body } from '../core/body.ts';
import type { UpstreamResponse } from '../core/call.ts';
import { isGatewayError, toError } from '../core/errors.ts';
import { CallRecord } from '../core/record.ts';
import type { MutableHeaders } from '../core/headers.ts';
import type { Receiver, Sender } from '../core/sender.ts';
import { soon } from '../core/soon.ts';
import type { Upload } from '../core/upload.ts';
import { upstreamRequest } from '../core/upstream-request.ts';
import { hasBody } from '../edge/client-headers.ts';
import { type ClientExchange, exchangeOf } from '../edge/client-exchange.ts';
import { heedClientDeadline } from '../edge/client-deadline.ts';
import { isLeft, openUpload } from '../edge/client-upload.ts';
import { forwardedHeaders } from '../edge/forwarded.ts';
import { takeGrpcTrailers } from '../edge/grpc-trailers.ts';
import { addVia, type ResponseHead } from '../edge/response-head.ts';
import type { StreamConfig } from './answer-stream.ts';
import { answerDirectly } from './direct-answer.ts';
import { checkAsked, noteBroken, streamFor } from './streamed-answer.ts';
import { takeAnswer } from './taken-answer.ts';
import { sendOnReplyPath, sendWhole } from './reply-path.ts';
import type { RewriteBack } from './rewrite-back/rewrite-back.ts';
import type { Action, ActionContext, Route } from './route.ts';

export interface AnswerOptions {
  readonly route: Route;
  readonly context: ActionContext;
  /** The upstream to call; absent if the call makes calls of its own. */
  readonly upstream?: string;
  /** The path to ask for. Default: the client's. */
  readonly path?: (exchange: ClientExchange) => string;
  /**
   * How long the client's body may wait to be read, in milliseconds; `undefined`: the call takes no body.
   */
  readonly stallMs: number | undefined;
  /** Are request and response passed on as they are? Both then get a `Via`. */
  readonly isRelayed: boolean;
  /** Bounds answers that are streams; `undefined`: nothing of its own does. */
  readonly stream?: StreamConfig | undefined;
  /** Makes the head speak of what the client asked for; absent: it stays as the upstream wrote it. */
  readonly back?: RewriteBack | undefined;
  /** The client's fields that are passed on. Default: all but those of its connection. */
  readonly fields?: (headers: IncomingHttpHeaders) => MutableHeaders;
  /** See {@link Answering.isWholeSent}. */
  readonly isWholeSent?: true;
}

export function answerBy(sender: Sender, options: AnswerOptions): Action {
  const {
    route,
    context,
    upstream = '',
    path = ownPath,
    stallMs,
    isRelayed,
    stream,
    back,
    fields = forwardedHeaders,
    isWholeSent,
  } = options;
  const upload =
    stallMs === undefined
      ? undefined
      : {
          ...context,
          limitBytes: route.config.bodyLimitBytes,
          stallMs,
          talkIdleMs: route.config.overrides.streamIdleMs,
        };
  const Waiting = route.takers === undefined ? Answer : TakenAnswer;
  return function answered(request, reply, fail) {
    const exchange = exchangeOf(request.raw);
    const { method, query, signal } = exchange;
    if (stream !== undefined) checkAsked(request, { exchange, route, context, stream });
    if (isRelayed) heedClientDeadline(request.raw, reply.raw, exchange, context.clock);
    // Begun here, so that the log names the upstream even if no call is made.
    const record = begin(exchange, upstream, context.clock.now());
    // An answer of our own takes no fields from the client: each of its parts sets its own.
    const headers = isRelayed ? fields(request.raw.headers) : {};
    const body =
      upload !== undefined && hasBody(request.raw)
        ? openUpload(request, reply, exchange, upload)
        : undefined;
    const asked = { upstream, method, path: path(exchange), query, headers, body };
    const answering = {
      route,
      context,
      request,
      reply,
      exchange,
      upload: body,
      isRelayed,
      fail,
      stream,
      back,
      isWholeSent,
    };
    sender.send(upstreamRequest(exchange, asked, signal, record), new Waiting(answering));
  };
}

/** Waits for the outcome of the call. */
class Answer implements Receiver {
  readonly #answering: Answering;

  constructor(answering: Answering) {
    this.#answering = answering;
  }

  /**
   * A microtask later, because most bodies arrive together with their head, and can then be written together
   * with it.
   */
  answered(response: UpstreamResponse): void {
    soon(() => this.#deliver(response));
  }

  failed(error: unknown): void {
    this.#answering.fail(toError(error));
  }

  #deliver(response: UpstreamResponse): void {
    try {
      this.relay(this.#answering, response)?.catch((error: unknown) => this.failed(error));
    } catch (error) {
      this.failed(error);
    }
  }

  protected relay(
    answering: Answering,
    response: UpstreamResponse,
  ): undefined | Promise<undefined | void> {
    return relay(answering, response);
  }
}

/** On routes with hooks that get the answer first. */
class TakenAnswer extends Answer {
  protected override async relay(
    answering: Answering,
    response: UpstreamResponse,
  ): Promise<undefined | void> {
    const head = headOf(answering, response);
    const body = await takeAnswer(answering, head, response.body);
    return passOn(answering, response, head, body);
  }
}

/** A call that only makes calls of its own is not listed in the record. */
const begin = (exchange: ClientExchange, upstream: string, now: number): CallRecord =>
  upstream === ''
    ? new CallRecord('forward', '', upstream, now)
    : exchange.record.call('forward', '', upstream, now);

const ownPath = ({ path }: ClientExchange): string => path;

/** A client's request that is being answered. */
export interface Answering {
  readonly route: Route;
  readonly context: ActionContext;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly exchange: ClientExchange;
  readonly upload: Upload | undefined;
  readonly isRelayed: boolean;
  readonly fail: (error: Error) => void;
  /** What the route says of streams. */
  readonly stream?: StreamConfig | undefined;
  readonly back?: RewriteBack | undefined;
  /** On Fastify's reply, a body that has come whole is sent as bytes, which cost less than a stream. */
  readonly isWholeSent?: true | undefined;
}

/** Passes `response` on to the client. Rejects if that fails before its head is sent; throws, too. */
export function relay(answering: Answering, response: UpstreamResponse): undefined | Promise<void> {
  return passOn(answering, response, headOf(answering, response), response.body);
}

/** The head as the client is to see it, before any plugin edits it. */
function headOf(
  answering: Answering,
  { status, headers, body, target }: UpstreamResponse,
): ResponseHead {
  const { reply, exchange, isRelayed } = answering;
  // The body broke while it was held for a retry that failed. No head has been sent, so the error still
  // can be.
  if (body.error !== undefined) throw body.error;
  // The cast holds, because a receiver may edit what it gets.
  const head: ResponseHead = { status, headers: headers as MutableHeaders };
  if (isRelayed) {
    addVia(head.headers);
    answering.back?.(head.headers, exchange, target);
  } else if (headers['gateway-degraded'] !== undefined) {
    // A hook may have allowed caching; an answer with missing parts must not be cached.
    void reply.header('cache-control', 'no-store');
  }
  return head;
}

/** Sends an answer whose body is `body`, which hooks may have held until now. */
function passOn(
  answering: Answering,
  response: UpstreamResponse,
  head: ResponseHead,
  body: Body,
): undefined | Promise<void> {
  const { route, context, request, reply, exchange, upload, isRelayed } = answering;
  if (request.raw.httpVersionMajor === 2) {
    const trailers = takeGrpcTrailers(head.headers);
    if (trailers !== undefined) body.trail(trailers);
  }
  upload?.forget();
  if (upload !== undefined && isLeft(request.raw, upload)) leaveUpload(head, upload, body);
  const kind = isRelayed && !body.isClosed ? response.stream : undefined;
  const stream = kind && streamFor(answering, { kind, head, body });
  body.onClose((error) => {
    exchange.record.bytesSent = body.received;
    if (error !== undefined && isGatewayError(error)) noteBroken(exchange.record, error);
  });
  if (!route.replyPath) {
    const converting = answerDirectly(route, context, { request, reply, head, body, stream });
    if (converting !== undefined) return converting.then(() => stream?.sent());
  } else if (isStreamed(answering, response, head, body)) {
    sendOnReplyPath(reply, head, body, stream);
  } else return sendWhole(reply, head, body);
  stream?.sent();
  return undefined;
}

/** Does Fastify's reply get a stream, or bytes? */
const isStreamed = (
  { isRelayed, isWholeSent, request }: Answering,
  { stream }: UpstreamResponse,
  head: ResponseHead,
  body: Body,
): boolean =>
  stream !== undefined || (isRelayed && !(isWholeSent === true && isWhole(request, head, body)));

/** Is all of the body here, and is it what Fastify would send for the same head? */
const isWhole = ({ raw }: FastifyRequest, { status, headers }: ResponseHead, body: Body): boolean =>
  body.isClosed &&
  body.trailers === undefined &&
  raw.method !== 'HEAD' &&
  status !== 204 &&
  status !== 304 &&
  // Fastify would add one to bytes.
  headers['content-type'] !== undefined;

/** The answer came before the whole request, so the connection cannot be reused. */
function leaveUpload(head: ResponseHead, upload: Upload, body: Body): void {
  head.headers['connection'] = 'close';
  body.onClose(() => {
    if (!upload.isEnded) upload.discard();
  });
}
