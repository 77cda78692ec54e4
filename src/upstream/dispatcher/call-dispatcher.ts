/**
 * An undici dispatcher over a guarded call: whatever is built on undici (`fetch`, an SDK, a client of GraphQL) then
 * calls an upstream under its deadline, retries, circuit, bulkhead and trace, on behalf of one request of a client.
 *
 * It ends with that request: a library that keeps it longer would call for somebody who has left, with their identity.
 */
import { Readable } from 'node:stream';
import { Dispatcher, errors } from 'undici';
import type { UpstreamRequest } from '../../core/call.ts';
import type { CallContext } from '../../core/call-context.ts';
import type { Cancellation } from '../../core/cancellation.ts';
import type { Clock } from '../../core/clock.ts';
import { GatewayError, toError } from '../../core/errors.ts';
import type { CallRecord } from '../../core/record.ts';
import { streamed } from '../../core/request-body.ts';
import { Timeouts } from '../../core/timeouts.ts';
import { upstreamRequest } from '../../core/upstream-request.ts';
import type { UpstreamCall } from '../lease.ts';
import { DispatchedCall } from './dispatched-call.ts';
import {
  type DispatchedRequest,
  dispatchedRequest,
  type DispatchedTo,
} from './dispatched-request.ts';
import { dispatchedUpload } from './dispatched-upload.ts';
import { isOldHandler, newHandler } from './old-handler.ts';

/** Of undici, and of the undici that comes with Node, whose types may be of another version. */
export type UpstreamDispatcher = Dispatcher &
  (RequestInit extends { readonly dispatcher?: infer Other } ? NonNullable<Other> : unknown);

export interface CallDispatcherOptions extends DispatchedTo {
  readonly call: UpstreamCall;
  readonly clock: Clock;
  /** On whose behalf it calls. */
  readonly context: CallContext;
  /** Gives what ends a call that begins now; default: the context's own. */
  readonly signal?: () => Cancellation;
  /** Notes that a call begins. */
  readonly record: () => CallRecord;
  /** @throws GW_REQUEST_OVER once nothing may be called for the context any more */
  readonly mustBeOpen: () => void;
}

export class CallDispatcher extends Dispatcher {
  readonly #options: CallDispatcherOptions;
  readonly #deadline: Timeouts;
  readonly #running = new Set<DispatchedCall>();
  #closed: Error | undefined;
  #idleListeners: (() => void)[] = [];

  constructor(options: CallDispatcherOptions) {
    super();
    this.#options = options;
    this.#deadline = new Timeouts(options.call.deadlineMs, options.clock);
  }

  /** Returns false, as undici does, if it has told `handler` already that it will not send. */
  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    if (typeof handler !== 'object' || handler === null) {
      throw new errors.InvalidArgumentError('handler must be an object');
    }
    try {
      if (typeof options !== 'object' || options === null) {
        throw new errors.InvalidArgumentError('opts must be an object.');
      }
      if (this.#closed !== undefined) throw this.#closed;
      this.#options.mustBeOpen();
      this.#start(dispatchedRequest(options, this.#options), checkedHandler(handler));
      return true;
    } catch (error) {
      if (isOldHandler(handler)) handler.onError(toError(error));
      else if (typeof handler.onResponseError !== 'function') throw error;
      else handler.onResponseError(NO_CONTROLLER, toError(error));
      return false;
    }
  }

  /** Refuses all later requests; the sockets are the upstream's, and stay. */
  override close(callback?: () => void): Promise<void> {
    this.#closed ??= new errors.ClientClosedError();
    const idle = new Promise<void>((resolve) => {
      if (this.#running.size === 0) resolve();
      else this.#idleListeners.push(resolve);
    });
    return callback === undefined ? idle : idle.then(callback);
  }

  /** Ends its requests, and refuses all later ones. */
  override destroy(error?: Error | null | (() => void), callback?: () => void): Promise<void> {
    const reason = error instanceof Error ? error : new errors.ClientDestroyedError();
    this.#closed = new errors.ClientDestroyedError();
    for (const call of this.#running) call.abort(reason);
    const then = typeof error === 'function' ? error : callback;
    return then === undefined ? Promise.resolve() : Promise.resolve().then(then);
  }

  #start(asked: DispatchedRequest, handler: Dispatcher.DispatchHandler): void {
    const { context, call, clock, upstream } = this.#options;
    const { signal: ending = () => context.signal } = this.#options;
    const signal = ending().child();
    const record = this.#options.record();
    const { headersTimeoutMs, bodyTimeoutMs } = asked;
    const running = new DispatchedCall({
      handler,
      signal,
      record,
      clock,
      headersTimeoutMs,
      bodyTimeoutMs,
      onOver: () => {
        if (asked.body instanceof Readable) asked.body.on('error', ignore).destroy();
        this.#forget(running);
      },
    });
    this.#running.add(running);
    if (!running.begin()) return;
    const body = this.#bodyOf(asked, running);
    const sent = (): void => running.await(this.#deadline, () => tooLate(upstream));
    const upload = streamed(body);
    if (upload === undefined) sent();
    else upload.onEnd(sent);
    try {
      const request = upstreamRequest(context, { ...asked, upstream, body }, signal, record);
      call.sender.send(request, running);
    } catch (error) {
      running.failed(error);
    }
  }

  #bodyOf({ body, length }: DispatchedRequest, running: DispatchedCall): UpstreamRequest['body'] {
    if (!(body instanceof Readable)) return body;
    const { clock, call } = this.#options;
    const onFault = (error: Error): void => running.giveUp(error);
    return dispatchedUpload({ source: body, length, clock, idleMs: call.idleTimeoutMs, onFault });
  }

  #forget(running: DispatchedCall): void {
    this.#running.delete(running);
    if (this.#running.size > 0) return;
    const listeners = this.#idleListeners;
    this.#idleListeners = [];
    for (const listener of listeners) listener();
  }
}

const ignore = (): void => undefined;

const tooLate = (upstream: string): GatewayError =>
  new GatewayError('GW_DEADLINE_EXCEEDED', `${upstream} took too long`);

/** undici tells a request that never began so, whatever the type says. */
const NO_CONTROLLER = null as unknown as Dispatcher.DispatchController;

/** A handler of undici 8's; one of old is wrapped. @throws {errors.InvalidArgumentError} */
function checkedHandler(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  if (isOldHandler(handler)) return newHandler(handler);
  const missing = CALLBACKS.find((name) => typeof handler[name] !== 'function');
  if (missing === undefined) return handler;
  throw new errors.InvalidArgumentError(`invalid ${missing} method`);
}

const CALLBACKS = [
  'onRequestStart',
  'onResponseStart',
  'onResponseData',
  'onResponseEnd',
  'onResponseError',
] as const;
