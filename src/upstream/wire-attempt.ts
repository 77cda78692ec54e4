/**
 * One attempt on the wire: undici's callbacks on one side, whoever receives a head and a body on the
 * other.
 *
 * Answered at the head. Until then it may fail; after it the body may.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { Body, type BodySource } from '../core/body.ts';
import type { CancelListener } from '../core/cancellation.ts';
import type { UpstreamRequest } from '../core/call.ts';
import type { Clock, Timer } from '../core/clock.ts';
import { blamesUpstream, GatewayError } from '../core/errors.ts';
import type { Abortable, Receiver } from '../core/guard.ts';
import { type Headers, type MutableHeaders, relayedHeaders } from '../core/headers.ts';
import type { AttemptRecord } from '../core/record.ts';
import { isServerFault } from '../policies/failure.ts';
import { isIdempotent } from '../policies/retry.ts';
import { streamed } from '../core/request-body.ts';
import { wasIdle } from './h1-parser.ts';
import type { Target } from './target.ts';
import { classify, givenUp } from './transport-error.ts';

export interface WireAttemptOptions {
  readonly clock: Clock;
  /** Longest silence within the body. */
  readonly idleTimeoutMs: number;
}

/** One attempt: what is sent where, and who is told. */
export interface Sending {
  readonly request: UpstreamRequest;
  readonly target: Target;
  /** The request's, and what the target needs besides. */
  readonly headers: Headers;
  readonly record: AttemptRecord;
  readonly receiver: Receiver;
}

export class WireAttempt
  implements Dispatcher.DispatchHandler, BodySource, CancelListener, Abortable
{
  readonly #sending: Sending;
  readonly #options: WireAttemptOptions;
  readonly #startedAt: number;
  /** The request's body, where it streams. */
  #upload: Readable | undefined;
  /** How often it was sent anew, over another connection. */
  #repeats = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #body: Body | undefined;
  #cancelled: Error | undefined;
  #idle: Timer | undefined;
  #over = false;
  /** The status was a failure of the target. */
  #hasFailed = false;

  constructor(sending: Sending, options: WireAttemptOptions) {
    this.#sending = sending;
    this.#options = options;
    this.#startedAt = options.clock.now();
    sending.target.inflight += 1;
    sending.target.waiting += 1;
    sending.request.signal.listen(this);
  }

  send(): void {
    const { request, target, headers } = this.#sending;
    const { path, query, method, body } = request;
    const upload = streamed(body);
    try {
      // Once it is over, undici is told when it has a connection, and sends nothing.
      if (upload !== undefined && !this.#over) {
        this.#upload = upload.open((error) => this.abort(error));
      }
    } catch (error) {
      // It was not kept: a bug of the caller's.
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
      target.dispatcher.dispatch(options, this);
    } catch (error) {
      this.onResponseError(undefined, error as Error);
    }
  }

  // --- undici ---------------------------------------------------------------------------------

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Once more where undici repeats what an HTTP/2 server has not looked at (RFC 9113 §8.7).
    if (this.#controller === undefined) this.#sending.target.waiting -= 1;
    this.#controller = controller;
    this.#sending.record.connectMs = this.#options.clock.now() - this.#startedAt;
    if (this.#cancelled !== undefined) controller.abort(this.#cancelled);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // Informational answers are dropped; the real one follows.
    if (status < 200 || this.#cancelled !== undefined) return;
    if (hasOtherCoding(headers)) {
      const detail = 'its transfer coding is not supported: only chunked is';
      this.abort(new GatewayError('GW_UPSTREAM_PROTOCOL', detail));
      return;
    }
    this.#sending.record.firstByteMs = this.#options.clock.now() - this.#startedAt;
    this.#body = new Body(this);
    const { receiver, target } = this.#sending;
    this.#hasFailed = isServerFault(status);
    if (this.#hasFailed) target.report(true);
    const relayed = relayedHeaders(headers as Headers);
    receiver.answered({ status, headers: relayed, body: this.#body, target: target.origin });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#idle?.refresh();
    this.#body?.push(chunk);
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.#finish();
    // Only now: who cuts every body would be well at each head.
    if (!this.#hasFailed) this.#sending.target.report(false);
    const some = trailers !== undefined && Object.keys(trailers).length > 0;
    this.#body?.finish(some ? (trailers as MutableHeaders) : undefined);
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#controller === undefined) this.#sending.target.waiting -= 1;
    if (this.#over) return;
    if (this.#mayRepeat(error)) {
      this.#controller = undefined;
      this.#repeats += 1;
      this.#sending.target.waiting += 1;
      // undici is in the midst of closing the connection.
      queueMicrotask(() => this.send());
      return;
    }
    this.#finish();
    this.#fail(classify(error, this.#progress(), this.#sending.target.origin));
  }

  // --- whoever made the call ------------------------------------------------------------------

  onCancel(reason: Error): void {
    this.abort(reason);
  }

  // --- the body's reader ----------------------------------------------------------------------

  pause(): void {
    this.#options.clock.cancel(this.#idle);
    this.#idle = undefined;
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  awaited(): void {
    if (this.#over) return;
    const { clock, idleTimeoutMs } = this.#options;
    this.#idle ??= clock.after(idleTimeoutMs, () =>
      this.abort(
        new GatewayError('GW_UPSTREAM_TIMEOUT', `no byte of the body for ${idleTimeoutMs} ms`),
      ),
    );
  }

  now(): number {
    return this.#options.clock.now();
  }

  /** Ends it now; the caller is told at once, whatever undici is waiting for. */
  abort(reason: Error): void {
    if (this.#over || this.#cancelled !== undefined) return;
    this.#cancelled = reason;
    this.#finish();
    this.#controller?.abort(reason);
    this.#fail(this.#body === undefined ? givenUp(reason, this.#sending.target.origin) : reason);
  }

  #fail(reason: Error): void {
    if (!this.#hasFailed && blamesUpstream(reason)) this.#sending.target.report(true);
    if (this.#body === undefined) this.#sending.receiver.failed(reason);
    else this.#body.fail(reason);
  }

  /**
   * The upstream closed a connection that it took for idle, while we sent on it: nobody's fault, and still
   * the same attempt (RFC 9112 §9.3.1).
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
    request.signal.unlisten(this);
    // undici ends the stream of a request only if it has begun it, and not always over HTTP/2.
    this.#upload?.destroy();
  }
}

/** What guards HTTP/1.1 looks at the first field alone. undici only reads them. */
const teFirst = (headers: Headers): MutableHeaders => {
  const { te } = headers;
  return (te === undefined ? headers : { te, ...headers }) as MutableHeaders;
};

/** Connections that were closed at one moment, one after another. */
const MOST_REPEATS = 2;

/** undici takes off chunks and nothing else: what `gzip, chunked` leaves is no body (RFC 9112 §6.1). */
function hasOtherCoding(headers: IncomingHttpHeaders): boolean {
  // undici makes a list of what comes twice, which Node.js's type does not know.
  const { 'transfer-encoding': coding } = headers as Headers;
  if (coding === undefined || coding === 'chunked') return false;
  return String(coding).trim().toLowerCase() !== 'chunked';
}
