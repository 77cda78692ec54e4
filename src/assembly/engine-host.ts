/**
 * Brings the engine of operations and the generations together: the engine outlives them, and its calls are made by the one
 * that serves.
 */
import type { StoreConfig } from '../config/build/store-config.ts';
import type { CallOrder, CallResult, Engine, EngineEvent, Perform } from '../operations/engine.ts';
import type { OperationCalls } from './operation-calls.ts';

export interface EngineOptions {
  readonly store: StoreConfig;
  readonly perform: Perform;
  readonly onEvent: (event: EngineEvent) => void;
}

/** @throws {RangeError} when the store can never be used, such as a folder that another process has */
export type OpenEngine = (options: EngineOptions) => Promise<Engine>;

export class EngineHost {
  readonly #open: OpenEngine;
  readonly #onEvent: EngineOptions['onEvent'];
  readonly #serving = Promise.withResolvers<void>();
  #calls: OperationCalls | undefined;
  #engine: Engine | undefined;

  constructor(open: OpenEngine, onEvent: EngineOptions['onEvent']) {
    this.#open = open;
    this.#onEvent = onEvent;
  }

  async open(store: StoreConfig): Promise<Engine> {
    const perform = (order: CallOrder): Promise<CallResult> => this.#perform(order);
    this.#engine = await this.#open({ store, perform, onEvent: this.#onEvent });
    return this.#engine;
  }

  /** What runs from an earlier life waits for the first generation. */
  async #perform(order: CallOrder): Promise<CallResult> {
    await this.#serving.promise;
    return this.#calls!.perform(order);
  }

  /** From now on, calls are made by this generation. */
  serveBy(calls: OperationCalls): void {
    this.#calls = calls;
    this.#serving.resolve();
  }

  /** Nothing if there is none. */
  async close(graceMs: number): Promise<void> {
    await this.#engine?.close(graceMs);
  }
}
