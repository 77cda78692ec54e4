/**
 * Brings the engine of operations and the generations together: the engine outlives them, and its calls are made by the one
 * that serves.
 */
import type { StoreConfig } from '../config/build/store-config.ts';
import type { CallOrder, CallResult, Engine, EngineEvent, Perform } from '../operations/engine.ts';
import type { OperationName } from '../observe/operation-metrics.ts';
import type { OperationCalls } from './operation-calls.ts';
import type { OperationReports } from './operation-reports.ts';

export interface EngineOptions {
  readonly store: StoreConfig;
  readonly perform: Perform;
  readonly onEvent: (event: EngineEvent) => void;
}

/** @throws {RangeError} when the store can never be used, such as a folder that another process has */
export type OpenEngine = (options: EngineOptions) => Promise<Engine>;

export class EngineHost {
  readonly #open: OpenEngine;
  readonly reports: OperationReports;
  readonly #serving = Promise.withResolvers<void>();
  #calls: OperationCalls | undefined;
  #engine: Engine | undefined;

  constructor(open: OpenEngine, reports: OperationReports) {
    this.#open = open;
    this.reports = reports;
  }

  /** The one that is open; `undefined` without a store. */
  get current(): Engine | undefined {
    return this.#engine;
  }

  async open(store: StoreConfig): Promise<Engine> {
    const perform = (order: CallOrder): Promise<CallResult> => this.#perform(order);
    const onEvent = (event: EngineEvent): void => {
      this.reports.hear(event);
      if (event.event === 'ended') this.#calls?.ended(event);
    };
    this.reports.begin();
    this.#engine = await this.#open({ store, perform, onEvent });
    return this.#engine;
  }

  /** What runs from an earlier life waits for the first generation. */
  async #perform(order: CallOrder): Promise<CallResult> {
    await this.#serving.promise;
    return this.#calls!.perform(order);
  }

  /** From now on, calls are made by this generation; `names` are its sagas and commands. */
  serveBy(calls: OperationCalls, names: readonly OperationName[]): void {
    this.#calls = calls;
    this.reports.serve(names);
    this.#serving.resolve();
  }

  /** Nothing if there is none. See {@link Engine.close}. */
  async close(graceMs: number, unneeded: Promise<void>): Promise<void> {
    await this.#engine?.close(graceMs, unneeded);
  }
}
