/**
 * The engine as the gateway has it: a thread that is started again whenever it ends, from 1 s to 30 s later.
 *
 * A store that is away delays nothing and ends nothing: what needs it is refused until it is back.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StoreConfig } from '../config/build/store-config.ts';
import type { Clock, Timer } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import type {
  Engine,
  EngineEvent,
  ListOrder,
  Operation,
  OperationCount,
  OperationDetail,
  Ordered,
  Perform,
  SettleOrder,
  StartOrder,
  Started,
} from '../operations/engine.ts';
import type { RecordChange, RecordResult } from '../operations/record-store.ts';
import { codeOf } from './error-code.ts';
import type { Ask, FaultPoint, FromThread, ThreadOrder, ToThread } from './messages.ts';

/** `.ts` when the sources run as they are, `.js` in `dist`. */
const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const THREAD = new URL(`thread/main.${suffix}`, import.meta.url);
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
/** For the end of the thread itself, after its grace. */
const CLOSE_MS = 1_000;

export interface ThreadEngineOptions {
  readonly store: StoreConfig;
  readonly clock: Clock;
  readonly perform: Perform;
  readonly onEvent: (event: EngineEvent) => void;
  /** Before it is started again, and doubled up to 30 s. Default: 1 s. */
  readonly retryMs?: number;
  /** Called once it has ended. */
  readonly onClosed?: (() => void) | undefined;
  /** Of the first life, for a test that wants it to die. */
  readonly faults?: readonly FaultPoint[];
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
}

export class ThreadEngine implements Engine {
  readonly #options: ThreadEngineOptions;
  readonly #socketFolder: string | undefined;
  readonly #asked = new Map<number, Waiting>();
  readonly #watchers = new Map<string, Set<(isEnd: boolean) => void>>();
  readonly #former: string[] = [];
  #worker: Worker | undefined;
  #lastAsk = 0;
  #retryMs: number;
  #restart: Timer | undefined;
  #closed: PromiseWithResolvers<void> | undefined;
  isUp = false;

  constructor(options: ThreadEngineOptions) {
    this.#options = options;
    this.#retryMs = options.retryMs ?? FIRST_RETRY_MS;
    const isEmbedded = options.store.place.kind === 'embedded';
    this.#socketFolder = isEmbedded ? mkdtempSync(join(tmpdir(), 'portico-store-')) : undefined;
    this.#begin(options.faults ?? []);
  }

  #begin(faults: readonly FaultPoint[]): void {
    const { store } = this.#options;
    const executor = `${store.node ?? 'gateway'}/${randomUUID()}`;
    const order: ThreadOrder = {
      store,
      executor,
      former: [...this.#former],
      socketFolder: this.#socketFolder ?? '',
    };
    // Without an environment: clients of Postgres and DBOS would take settings from it that nobody can see.
    const worker = new Worker(THREAD, { workerData: order, env: {}, name: 'operations' });
    this.#worker = worker;
    let failure: unknown = 'it ended';
    worker.on('message', (message: FromThread) => this.#hear(message));
    worker.on('error', (error) => (failure = error));
    worker.on('exit', () => {
      this.#former.push(executor);
      this.#ended(failure);
    });
    for (const at of faults) this.#tell({ kind: 'fault', at });
  }

  #ended(failure: unknown): void {
    this.isUp = false;
    this.#worker = undefined;
    for (const { reject, timer } of this.#asked.values()) {
      this.#options.clock.cancel(timer);
      reject(away());
    }
    this.#asked.clear();
    if (this.#closed !== undefined) {
      this.#closed.resolve();
      return;
    }
    const retryMs = this.#retryMs;
    this.#retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    this.#options.onEvent({
      event: 'down',
      error: whyOf(failure),
      code: codeOf(failure),
      retryMs,
    });
    this.#restart = this.#options.clock.after(retryMs, () => this.#begin([]));
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        this.isUp = true;
        this.#retryMs = this.#options.retryMs ?? FIRST_RETRY_MS;
        this.#options.onEvent({ event: 'up' });
        return;
      case 'answer':
        this.#settle(message.number)?.resolve(message.value);
        return;
      case 'failed':
        this.#options.onEvent({ event: 'trouble', error: message.error, code: message.code });
        this.#settle(message.number)?.reject(away());
        return;
      case 'call':
        void this.#call(message);
        return;
      case 'event':
        this.#options.onEvent(message.event);
        if ('id' in message.event) this.#changed(message.event.id, message.event.event === 'ended');
        return;
      case 'reached':
        void this.#worker?.terminate();
        return;
      case 'closed':
    }
  }

  async #call({ number, order }: Extract<FromThread, { kind: 'call' }>): Promise<void> {
    const worker = this.#worker;
    const result = await this.#options.perform(order);
    // Of a thread that has died since, nobody waits for it.
    if (worker === this.#worker) this.#tell({ kind: 'called', number, result });
  }

  #tell(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #settle(number: number): Waiting | undefined {
    const waiting = this.#asked.get(number);
    this.#asked.delete(number);
    if (waiting !== undefined) this.#options.clock.cancel(waiting.timer);
    return waiting;
  }

  #ask<T>(ask: Ask): Promise<T> {
    const { clock, store } = this.#options;
    if (this.#closed !== undefined && ask.verb !== 'swap') return Promise.reject(stopping());
    if (!this.isUp) return Promise.reject(away());
    return new Promise((resolve, reject) => {
      const number = ++this.#lastAsk;
      const timer = clock.after(store.timeoutMs, () => {
        this.#asked.delete(number);
        reject(away());
      });
      // The thread answers each verb with what its method gives.
      this.#asked.set(number, { resolve: resolve as Waiting['resolve'], reject, timer });
      this.#tell({ kind: 'ask', number, ask });
    });
  }

  start(order: StartOrder): Promise<Started> {
    return this.#ask({ verb: 'start', order });
  }

  find(id: string): Promise<OperationDetail | undefined> {
    return this.#ask({ verb: 'find', id });
  }

  list(order: ListOrder): Promise<readonly Operation[]> {
    return this.#ask({ verb: 'list', order });
  }

  counts(): Promise<readonly OperationCount[]> {
    return this.#ask({ verb: 'counts' });
  }

  async cancel(id: string, order?: Ordered): Promise<boolean> {
    const isCancelled = await this.#ask<boolean>({ verb: 'cancel', id, order });
    if (isCancelled) this.#changed(id, false);
    return isCancelled;
  }

  async settle(order: SettleOrder): Promise<boolean> {
    const isSettled = await this.#ask<boolean>({ verb: 'settle', order });
    if (isSettled) this.#changed(order.id, false);
    return isSettled;
  }

  watch(id: string, changed: (isEnd: boolean) => void): () => void {
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(changed));
    return () => {
      watchers.delete(changed);
      if (watchers.size === 0) this.#watchers.delete(id);
    };
  }

  #changed(id: string, isEnd: boolean): void {
    for (const changed of this.#watchers.get(id) ?? []) changed(isEnd);
  }

  swap(change: RecordChange): Promise<RecordResult> {
    return this.#ask({ verb: 'swap', change });
  }

  /** Has the engine die at a named point, for a test. */
  failAt(at: FaultPoint): void {
    this.#tell({ kind: 'fault', at });
  }

  async close(graceMs: number, unneeded = Promise.resolve()): Promise<void> {
    if (this.#closed !== undefined) return this.#closed.promise;
    this.#closed = Promise.withResolvers();
    const { clock } = this.#options;
    if (this.#restart !== undefined) clock.cancel(this.#restart);
    const worker = this.#worker;
    if (worker === undefined) this.#closed.resolve();
    else if (this.isUp) {
      this.#tell({ kind: 'close', graceMs });
      void unneeded.finally(() => this.#tell({ kind: 'unneeded' }));
      clock.after(graceMs + CLOSE_MS, () => void worker.terminate());
    } else await worker.terminate();
    await this.#closed.promise;
    if (this.#socketFolder !== undefined) {
      rmSync(this.#socketFolder, { recursive: true, force: true });
    }
    this.#options.onClosed?.();
    this.#options.onEvent({ event: 'closed' });
  }
}

const away = (): GatewayError =>
  new GatewayError('GW_DEPENDENCY_DOWN', 'the store of operations did not answer');

const stopping = (): GatewayError =>
  new GatewayError('GW_SHUTTING_DOWN', 'the gateway takes no more operations');

/** The messages of drivers hold addresses, which belong into the log alone. */
const whyOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
