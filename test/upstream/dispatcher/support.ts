/** Dispatchers to compare: undici's own pool, and ours over a whole chain. */
import { onTestFinished } from 'vitest';
import { type Dispatcher, Pool } from 'undici';
import { systemClock } from '../../../src/core/clock.ts';
import { reporting } from '../../../src/core/compose.ts';
import { CallRecord } from '../../../src/core/record.ts';
import type { UpstreamConfig } from '../../../src/config/build/config.ts';
import { CallDispatcher } from '../../../src/upstream/dispatcher/call-dispatcher.ts';
import { ownNames } from '../../../src/upstream/own-names.ts';
import { aContext } from '../../helpers/call.ts';
import { chainTo } from '../../helpers/state.ts';

export const KINDS = ['undici', 'ours'] as const;
export type Kind = (typeof KINDS)[number];

/** Of the kind, to `url`; for ours, that is a target of the upstream `orders`. */
export function dispatcherTo(kind: Kind, url: string): Dispatcher {
  if (kind === 'ours') return ours(url).dispatcher;
  const pool = new Pool(url);
  onTestFinished(() => pool.destroy());
  return pool;
}

export interface Ours {
  readonly dispatcher: CallDispatcher;
  readonly records: readonly CallRecord[];
}

export function ours(
  url: string,
  fields: Partial<UpstreamConfig> = {},
  more: Partial<ConstructorParameters<typeof CallDispatcher>[0]> = {},
): Ours {
  const { call, state } = chainTo(url, fields);
  const records: CallRecord[] = [];
  const { deadlineMs, idleTimeoutMs } = state.config;
  const dispatcher = new CallDispatcher({
    upstream: 'orders',
    ownNames: () => ownNames(state.config),
    call: { call, sender: reporting(call), deadlineMs, idleTimeoutMs },
    clock: systemClock,
    context: aContext(),
    record: () => {
      const record = new CallRecord('part', 'orders', 'orders', systemClock.now());
      records.push(record);
      return record;
    },
    mustBeOpen: () => undefined,
    ...more,
  });
  return { dispatcher, records };
}

/** What a handler is told, in order. */
export class Told implements Dispatcher.DispatchHandler {
  readonly events: string[] = [];
  readonly ended: Promise<void>;
  status = 0;
  headers: Readonly<Record<string, unknown>> = {};
  rawHeaders: unknown;
  trailers: Readonly<Record<string, unknown>> = {};
  text = '';
  error: Error | undefined;
  controller: Dispatcher.DispatchController | undefined;
  readonly #end: () => void;
  readonly #does: Partial<Record<string, (controller: Dispatcher.DispatchController) => void>>;

  /** `does`: what it does when it is told, such as to pause. */
  constructor(
    does: Partial<Record<string, (controller: Dispatcher.DispatchController) => void>> = {},
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
    this.#does = does;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    this.#note('start', controller);
  }

  onRequestUpgrade(): void {
    this.#note('upgrade');
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, unknown>>,
    text?: string,
  ): void {
    this.status = status;
    this.headers = headers;
    this.rawHeaders = controller.rawHeaders;
    this.#note(`head ${status} ${text}`, controller, 'head');
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.text += chunk.toString();
    this.#note('data', controller);
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: object): void {
    this.trailers = trailers as Readonly<Record<string, unknown>>;
    this.#note('end', controller);
    this.#end();
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.error = error;
    this.#note('error', controller);
    this.#end();
  }

  /** Chunks are not told one by one, since the network cuts them as it likes. */
  #note(event: string, controller?: Dispatcher.DispatchController, name = event): void {
    if (event !== 'data' || this.events.at(-1) !== 'data') this.events.push(event);
    if (controller !== undefined) this.#does[name]?.(controller);
  }
}

/** Dispatches a GET and waits for its end. */
export async function told(
  dispatcher: Dispatcher,
  options: Partial<Dispatcher.DispatchOptions> = {},
  handler = new Told(),
): Promise<Told> {
  dispatcher.dispatch({ path: '/orders/1', method: 'GET', ...options }, handler);
  await handler.ended;
  return handler;
}
