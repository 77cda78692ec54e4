/**
 * One attempt on the wire, between undici's callbacks and the receiver of a head and a body.
 *
 * It is answered at the head. Before that the attempt may fail, and after that the body may.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { Body, type BodySource } from '../core/body.ts';
import type { CancelListener } from '../core/cancellation.ts';
import type { UpstreamRequest } from '../core/call.ts';
import type { Clock, Timer } from '../core/clock.ts';
import { blamesUpstream, GatewayError, toError } from '../core/errors.ts';
import type { Abortable, Receiver } from '../core/sender.ts';
import { type Headers, type MutableHeaders, relayedHeaders } from '../core/headers.ts';
import { saysFault } from '../core/grpc-outcome.ts';
import type { AttemptRecord } from '../core/record.ts';
import { describeFailure, failedAnswer, isFailedHead } from '../policies/failure.ts';
import { isIdempotent } from '../policies/retry.ts';
import { streamed } from '../core/request-body.ts';
import { type AnswerKind, streamKind } from '../core/stream-type.ts';
import { wasIdle } from './h1-parser.ts';
import { LastingAnswer, type LastingOptions } from './lasting-answer.ts';
import type { Target } from './target.ts';
import { classify, givenUp } from './transport-error.ts';
import { tunnelBody, type Upgrade } from './upgrade.ts';
import { hasOtherCoding, teFirst } from './wire-fields.ts';

export interface WireAttemptOptions {
  readonly clock: Clock;
  /** The longest pause within the body. */
  readonly idleTimeoutMs: number;
  /** Absent: the caller holds a place among the upstream's streams already. */
  readonly streams?: LastingOptions | undefined;
}

/** One attempt: the request, the target and the receiver. */
export interface Sending {
  readonly request: UpstreamRequest;
  readonly target: Target;
  /** The request's fields, plus those that the target needs. */
  readonly headers: Headers;
  readonly record: AttemptRecord;
  readonly receiver: Receiver;
  /** Asks for another protocol, over a connection of its own; absent for most. */
  readonly upgrade?: Upgrade;
  /** The target is not told what comes of it; absent for most. */
  readonly isUnjudged?: true;
}

export class WireAttempt
  implements Dispatcher.DispatchHandler, BodySource, CancelListener, Abortable
{
  readonly #sending: Sending;
  readonly #options: WireAttemptOptions;
  /** The request's body, if it is streamed. */
  #upload: Readable | undefined;
  /** How often it was sent again over another connection. */
  #repeats = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #body: Body | undefined;
  #cancelled: Error | undefined;
  #idle: Timer | undefined;
  /** The timer is for what is left after the client's last byte. */
  #isIdleShort = false;
  /** The answer may be a stream. */
  #lasting: LastingAnswer | undefined;
  #over = false;
  /** The status counts as a failure of the target. */
  #hasFailed = false;

  constructor(sending: Sending, options: WireAttemptOptions) {
    this.#sending = sending;
    this.#options = options;
    sending.target.inflight += 1;
    sending.target.waiting += 1;
    sending.request.signal.listen(this);
  }

  send(): void {
    const { request, target, headers, upgrade } = this.#sending;
    const { path, query, method, body } = request;
    const upload = streamed(body);
    try {
      // If the attempt is over already, it is aborted once undici has a connection, and nothing is sent.
      if (upload !== undefined && !this.#over) {
        this.#upload = upload.open((error) => this.abort(error));
      }
    } catch (error) {
      // The body was not kept, which is a bug of the caller.
      target.waiting -= 1;
      this.#finish();
      this.#sending.receiver.failed(error);
      return;
    }
    const options = {
      path: path + query,
      method,
      headers: teFirst(headers),
      body: body instanceof Uint8Array ? body : (this.#upload ?? null),
    };
    try {
      if (upgrade === undefined) target.dispatcher.dispatch(options, this);
      else upgrade.dispatcher.dispatch({ ...options, upgrade: upgrade.protocol }, this);
    } catch (error) {
      this.onResponseError(undefined, error as Error);
    }
  }

  // --- undici ---------------------------------------------------------------------------------

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Called again when undici repeats a request that an HTTP/2 server did not process (RFC 9113 §8.7).
    if (this.#controller === undefined) this.#sending.target.waiting -= 1;
    this.#controller = controller;
    const { record } = this.#sending;
    record.connectMs = this.#options.clock.now() - record.startedAt;
    if (this.#cancelled !== undefined) controller.abort(this.#cancelled);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // Informational responses are dropped; the final one follows.
    if (status < 200 || this.#cancelled !== undefined) return;
    if (hasOtherCoding(headers)) {
      const detail = 'its transfer coding is not supported: only chunked is';
      this.abort(new GatewayError('GW_UPSTREAM_PROTOCOL', detail));
      return;
    }
    const { record, receiver, target } = this.#sending;
    record.firstByteMs = this.#options.clock.now() - record.startedAt;
    this.#body = new Body(this);
    const relayed = relayedHeaders(headers as Headers);
    const stream = status === 200 ? streamKind(relayed['content-type']) : undefined;
    if (stream !== undefined && !this.#mayLast(stream, this.#body)) return;
    this.#hasFailed = isFailedHead(status, relayed);
    if (this.#hasFailed) this.#blame(failedAnswer(status, relayed));
    receiver.answered({
      status,
      headers: relayed,
      body: this.#body,
      target: target.origin,
      stream,
    });
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    duplex: Duplex,
  ): void {
    const { record, receiver, target, upgrade } = this.#sending;
    // undici's connector opens nothing else.
    const tunnel = duplex as Socket;
    const body = tunnelBody(tunnel);
    const fault = upgrade?.faultOf(headers as Headers);
    if (this.#over || fault !== undefined) {
      tunnel.destroy();
      if (fault !== undefined) this.abort(new GatewayError('GW_UPSTREAM_PROTOCOL', fault));
      return;
    }
    record.firstByteMs = this.#options.clock.now() - record.startedAt;
    this.#finish();
    target.succeeded();
    const relayed = relayedHeaders(headers as Headers);
    receiver.answered({ status, headers: relayed, body, target: target.origin, tunnel });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isIdleShort) this.#awaitAnew();
    else this.#idle?.refresh();
    this.#body?.push(chunk);
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.#finish();
    const some = trailers !== undefined && Object.keys(trailers).length > 0;
    const fields = some ? (trailers as MutableHeaders) : undefined;
    // Only now: a target that cuts every body would succeed at each head.
    if (!this.#hasFailed) this.#judge(fields);
    this.#body?.finish(fields);
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#controller === undefined) this.#sending.target.waiting -= 1;
    if (this.#over) return;
    if (this.#mayRepeat(error)) {
      this.#controller = undefined;
      this.#repeats += 1;
      this.#sending.target.waiting += 1;
      // undici is closing the connection right now.
      queueMicrotask(() => this.send());
      return;
    }
    this.#finish();
    this.#fail(classify(error, this.#progress(), this.#sending.target.origin));
  }

  // --- the caller -----------------------------------------------------------------------------

  onCancel(reason: Error): void {
    this.abort(reason);
  }

  // --- the body's reader ----------------------------------------------------------------------

  pause(): void {
    this.#options.clock.cancel(this.#idle);
    this.#idle = undefined;
    this.#isIdleShort = false;
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  awaited(): void {
    if (this.#over) return;
    const { clock, idleTimeoutMs } = this.#options;
    const ms = this.#lasting?.idleMs ?? idleTimeoutMs;
    this.#idle ??= clock.after(ms, () => this.#quiet(ms));
  }

  now(): number {
    return this.#options.clock.now();
  }

  /** Ends the attempt; the receiver learns it at once, whatever undici is waiting for. */
  abort(reason: Error): void {
    if (this.#over || this.#cancelled !== undefined) return;
    this.#cancelled = reason;
    this.#finish();
    this.#controller?.abort(reason);
    this.#fail(this.#body === undefined ? givenUp(reason, this.#sending.target.origin) : reason);
  }

  /** Takes a place for what may be a stream. False if there is none, and the attempt is over. */
  #mayLast(kind: AnswerKind, body: Body): boolean {
    const { streams } = this.#options;
    if (streams === undefined || this.#sending.request.method === 'HEAD') return true;
    try {
      this.#lasting = new LastingAnswer(kind, body, this.#sending, streams);
      return true;
    } catch (error) {
      this.#body = undefined;
      this.abort(toError(error));
      return false;
    }
  }

  /** The upstream has been silent for `ms`. */
  #quiet(ms: number): void {
    const { clock } = this.#options;
    const leftMs = ms - (this.#lasting?.clientQuietMs(clock.now()) ?? ms);
    if (leftMs > 0) {
      this.#isIdleShort = true;
      this.#idle = clock.after(leftMs, () => this.#quiet(ms));
    } else {
      this.abort(new GatewayError('GW_UPSTREAM_TIMEOUT', `no byte of the body for ${ms} ms`));
    }
  }

  #awaitAnew(): void {
    this.#options.clock.cancel(this.#idle);
    this.#idle = undefined;
    this.#isIdleShort = false;
    this.awaited();
  }

  /** By its end, where gRPC tells the outcome. */
  #judge(trailers: Headers | undefined): void {
    if (trailers !== undefined && saysFault(trailers)) this.#blame(failedAnswer(200, trailers));
    else if (this.#sending.isUnjudged === undefined) this.#sending.target.succeeded();
  }

  #blame(failure: unknown): void {
    const { target, isUnjudged } = this.#sending;
    if (isUnjudged === undefined) target.failed(describeFailure(failure));
  }

  #fail(reason: Error): void {
    if (!this.#hasFailed && blamesUpstream(reason)) this.#blame(reason);
    if (this.#body === undefined) this.#sending.receiver.failed(reason);
    else this.#body.fail(reason);
  }

  /**
   * May it be sent again? The upstream closed an idle connection just as we sent on it: nobody is at
   * fault, and it is still the same attempt (RFC 9112 §9.3.1).
   */
  #mayRepeat(error: Error): boolean {
    const { method, body } = this.#sending.request;
    return (
      wasIdle(error) &&
      this.#body === undefined &&
      this.#repeats < MOST_REPEATS &&
      isIdempotent(method) &&
      (streamed(body)?.isReplayable ?? true)
    );
  }

  #progress(): 'connecting' | 'waiting' | 'reading' {
    if (this.#controller === undefined) return 'connecting';
    return this.#body === undefined ? 'waiting' : 'reading';
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    const { request, target } = this.#sending;
    target.inflight -= 1;
    this.#options.clock.cancel(this.#idle);
    this.#lasting?.end();
    request.signal.unlisten(this);
    // undici destroys a request's stream only if it has begun to read it, and over HTTP/2 not always.
    this.#upload?.destroy();
  }
}

/** Several idle connections may have been closed at the same moment. */
const MOST_REPEATS = 2;
