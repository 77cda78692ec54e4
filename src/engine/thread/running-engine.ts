/**
 * The engine, in its thread: DBOS keeps the records of runs, our tables what lists, locks and leases need.
 *
 * DBOS is one for a process, and keeps its event loop busy: that is why it has a thread.
 */
import { DBOS } from '@dbos-inc/dbos-sdk';
import { dbRetryConfig } from '@dbos-inc/dbos-sdk/internal/utils';
import type { StoreConfig } from '../../config/build/store-config.ts';
import type {
  EngineEvent,
  Operation,
  OperationCount,
  OperationDetail,
  SettleOrder,
  StartOrder,
  Started,
} from '../../operations/engine.ts';
import type { Item } from '../../operations/history.ts';
import { runId } from '../../operations/ids.ts';
import { followingTrace } from '../../operations/run-trace.ts';
import { codeOf } from '../error-code.ts';
import type { Ask } from '../messages.ts';
import { Lives } from './lives.ts';
import { loggerOf } from './logger.ts';
import { type Found, Operations } from './operations.ts';
import { type Connections, connect } from './pool.ts';
import { historyOf, jobOf } from './records.ts';
import { type Job, runOperation, type RunWorld } from './runs.ts';
import { SharedRecords } from './shared-records.ts';
import { prepareTables } from './tables.ts';

/** DBOS would wait up to 90 s, by its default of 60 s, after a store that was away is back. */
dbRetryConfig.maxBackoffSec = 4;

/**
 * Of the registered workflow. A release that changes which records a run makes, or in which order, adds another name and
 * keeps this one for the runs that have begun.
 */
const WORKFLOW = 'portico.saga.1';
/** DBOS takes up only runs of its own version; a stored definition is what makes ours fit. */
const VERSION = 'portico';
/** Silence of 15 s, this, and the second in which DBOS looks for what was resumed: a takeover takes less than 20 s. */
const SWEEP_MS = 3_000;
const TIDY_MS = 60_000;
const RETRY_MS = [100, 200, 500, 1_000, 2_000] as const;

export interface EngineWorld {
  readonly store: StoreConfig;
  readonly executor: string;
  readonly former: readonly string[];
  readonly socketFolder: string;
  readonly perform: RunWorld['perform'];
  readonly tell: RunWorld['tell'];
  readonly pass: RunWorld['pass'];
}

export class RunningEngine {
  readonly #world: EngineWorld;
  readonly #connections: Connections;
  readonly #operations: Operations;
  readonly #lives: Lives;
  readonly #shared: SharedRecords;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #start: (job: Job, id: string) => Promise<unknown>;
  /** The newest of each run; one that has lost it to another engine may come back while it still winds up. */
  readonly #here = new Map<string, Job>();
  /** By name: how many runs are here. */
  readonly #running = new Map<string, number>();
  #countMs = SWEEP_MS;
  /** Runs that are doing something, and are waited for at the end. */
  #busy = 0;
  #isClosing = false;
  #counting: Promise<readonly OperationCount[]> | undefined;

  private constructor(world: EngineWorld, connections: Connections) {
    const { store, executor } = world;
    this.#world = world;
    this.#connections = connections;
    const { pool } = connections;
    this.#operations = new Operations({ pool, schemas: store.schemas, executor });
    this.#shared = new SharedRecords(pool, store.schemas.own);
    this.#lives = new Lives(pool, executor, store);
    const run = DBOS.registerWorkflow((job: Job) => this.#run(job), { name: WORKFLOW });
    this.#start = (job, workflowID) => DBOS.startWorkflow(run, { workflowID })(job);
  }

  /** @throws when the store is not there, or is not what it should be */
  static async open(world: EngineWorld): Promise<RunningEngine> {
    const { store, executor, socketFolder, tell } = world;
    const onTrouble = (error: Error): void => tell(troubleOf(error));
    const connections = await connect(store, socketFolder, onTrouble);
    await prepareTables(connections.pool, store.schemas.own, store.migrate);
    const engine = new RunningEngine(world, connections);
    DBOS.setConfig({
      name: 'portico',
      applicationVersion: VERSION,
      executorID: executor,
      systemDatabasePool: connections.pool,
      systemDatabaseSchemaName: store.schemas.engine,
      runMigrations: store.migrate,
      // Nothing waits for messages or events of DBOS, and the connection of an embedded store is the only one.
      useListenNotify: false,
      maxConcurrentQueueDispatches: 1,
      logger: loggerOf(onTrouble),
    });
    await engine.#lives.begin(world.former);
    await DBOS.launch();
    engine.#keep(store);
    return engine;
  }

  /** Begins what is done again and again. */
  #keep({ heartbeatMs, deadMs }: StoreConfig): void {
    const sweepMs = Math.min(SWEEP_MS, deadMs / 3);
    this.#countMs = sweepMs;
    void this.#sweep();
    this.#recount();
    this.#every(heartbeatMs, () => this.#lives.beat());
    this.#every(sweepMs, () => this.#sweep());
    this.#every(sweepMs, () => this.#count());
    this.#every(TIDY_MS, () => this.#tidy());
  }

  /** What the store has to tell of all gateways; and that it answers. */
  async #count(): Promise<void> {
    const open = await this.#operations.openCounts();
    this.#world.tell({ event: 'counted', open, everyMs: this.#countMs });
  }

  /** At once: an operation is stuck, or no longer. */
  #recount(): void {
    this.#count().catch((error: unknown) => this.#world.tell(troubleOf(error)));
  }

  #tell(event: EngineEvent): void {
    this.#world.tell(event);
    if (event.event === 'ended' && event.status === 'stuck') this.#recount();
  }

  /** One after another, however long one takes. */
  #every(ms: number, act: () => Promise<void>): void {
    let isRunning = false;
    const timer = setInterval(() => {
      if (isRunning || this.#isClosing) return;
      isRunning = true;
      void act()
        .catch((error: unknown) => this.#world.tell(troubleOf(error)))
        .finally(() => (isRunning = false));
    }, ms);
    this.#timers.push(timer);
  }

  async #sweep(): Promise<void> {
    const { runs, hopeless } = await this.#lives.orphans([...this.#here.keys()]);
    for (const run of hopeless) {
      const stuck = await this.#lives.giveUp(run);
      await DBOS.cancelWorkflow(run);
      if (stuck !== undefined) this.#tell({ event: 'ended', ...stuck });
    }
    if (runs.length === 0) return;
    await DBOS.resumeWorkflows([...runs]);
    this.#world.tell({ event: 'takenOver', ids: runs });
  }

  async #tidy(): Promise<void> {
    await this.#lives.tidy();
    await this.#shared.tidy();
    const expired = await this.#lives.expired();
    if (expired.length === 0) return;
    const runs = expired.flatMap(({ id, run }) =>
      Array.from({ length: run }, (_, i) => runId(id, i + 1)),
    );
    await DBOS.deleteWorkflows(runs);
    await this.#lives.forget(expired.map(({ id }) => id));
  }

  async #run(job: Job): Promise<void> {
    const { name } = job.definition;
    const run = runId(job.id, job.run);
    this.#here.set(run, job);
    this.#running.set(name, (this.#running.get(name) ?? 0) + 1);
    this.#busy += 1;
    try {
      await runOperation(job, {
        operations: this.#operations,
        perform: this.#world.perform,
        tell: (event) => this.#tell(event),
        pass: this.#world.pass,
        random: Math.random,
        gate: () => (this.#isClosing ? this.#parked() : Promise.resolve()),
        asleep: async (waiting) => {
          this.#busy -= 1;
          await waiting;
          this.#busy += 1;
        },
        insist: (ask) => this.#insist(ask),
      });
    } finally {
      if (this.#here.get(run) === job) this.#here.delete(run);
      this.#busy -= 1;
      this.#running.set(name, (this.#running.get(name) ?? 1) - 1);
    }
  }

  /** Another engine goes on with the run. */
  #parked(): Promise<never> {
    this.#busy -= 1;
    return new Promise(() => undefined);
  }

  async #insist<T>(ask: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await ask();
      } catch (error) {
        if (this.#isClosing) return this.#parked();
        if (tries === 0) this.#world.tell(troubleOf(error));
        const ms = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)];
        await new Promise((resolve) => setTimeout(resolve, ms));
      }
    }
  }

  answer(ask: Ask): Promise<unknown> {
    switch (ask.verb) {
      case 'start':
        return this.#accept(ask.order);
      case 'find':
        return this.#find(ask.id);
      case 'swap':
        return this.#shared.swap(ask.change);
      case 'list':
        return this.#operations.list(ask.order);
      case 'cancel':
        return this.#operations.cancel(ask.id, ask.order);
      case 'counts':
        return this.#counts();
      case 'settle':
        return this.#settle(ask.order);
    }
  }

  async #accept(order: StartOrder): Promise<Started> {
    const { id, definition, starter, input, trace } = order;
    if ((this.#running.get(definition.name) ?? 0) >= order.running) {
      // What is known already needs no place.
      const known = await this.#operations.find(id);
      return known === undefined ? { as: 'busy' } : again(known, order);
    }
    const found = await this.#operations.insert(order);
    if (found === 'taken') return { as: 'taken' };
    if (!found.isNew && !isSame(found, order)) return { as: 'mismatch' };
    this.#world.pass('accepted');
    if (found.isFresh)
      await this.#start({ id, run: 1, definition, starter, input, trace, before: [] }, id);
    if (found.isNew) this.#tellStart(found.operation);
    return { as: found.isNew ? 'accepted' : 'repeated', operation: found.operation };
  }

  #tellStart({ id, kind, name, run, status }: Operation): void {
    this.#world.tell({ event: 'started', id, kind, name, run, status });
  }

  async #find(id: string): Promise<OperationDetail | undefined> {
    const found = await this.#operations.find(id);
    if (found === undefined) return undefined;
    const { operation } = found;
    return { operation, history: await historyOf(operation) };
  }

  /** One question at a time, however many ask: it may take a while. */
  #counts(): Promise<readonly OperationCount[]> {
    this.#counting ??= this.#operations.counts().finally(() => (this.#counting = undefined));
    return this.#counting;
  }

  async #settle({ id, run, order }: SettleOrder): Promise<boolean> {
    const job = await jobOf({ id, run });
    if (job === undefined) return false;
    const before = await historyOf({ id, run });
    const isTurned = before.some(({ kind }) => kind === 'turn');
    if (order.order === 'skip' && !isTurned) return false;
    const status = isTurned ? 'compensating' : 'running';
    const { step } = order;
    if (!(await this.#operations.reopen({ id, run, step, status }))) return false;
    const item: Item = { kind: 'order', ...order, at: Date.now() };
    const nextRun = run + 1;
    const trace = job.trace && followingTrace(job.trace.parent);
    const next = { ...job, run: nextRun, trace, before: [...before, item] };
    await this.#start(next, runId(id, nextRun));
    this.#recount();
    return true;
  }

  /** Calls under way are given `graceMs` to be recorded; then this life ends, and others take over. */
  async close(graceMs: number, unneeded: Promise<void>): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers) clearInterval(timer);
    const until = performance.now() + graceMs;
    while (this.#busy > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await this.#lives.end();
    await atMost(until - performance.now(), unneeded);
    await DBOS.shutdown();
    await this.#connections.close();
  }
}

async function atMost(ms: number, task: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // One that is left would keep the thread alive.
  const timer = setTimeout(resolve, Math.max(0, ms));
  await Promise.race([task, promise]);
  clearTimeout(timer);
}

const again = (found: Found, order: StartOrder): Started =>
  isSame(found, order) ? { as: 'repeated', operation: found.operation } : { as: 'mismatch' };

const isSame = (
  { fingerprint: known }: Found,
  { fingerprint, formerFingerprints = [] }: StartOrder,
): boolean => known === fingerprint || formerFingerprints.includes(known);

const troubleOf = (error: unknown): EngineEvent => ({
  event: 'trouble',
  error: error instanceof Error ? error.message : String(error),
  code: codeOf(error),
});
