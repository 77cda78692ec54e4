/** What a gateway uses while it is under load: read from outside where the system tells, else from its metrics. */
import { availableParallelism } from 'node:os';
import { cpuTimeNs, machineBusyMs, residentBytes, waitTimeNs } from './cpu-time.ts';
import { Exposition } from './exposition.ts';
import type { LoadMeasurement, LoadOrder, Memory } from './load-order.ts';
import { readMetrics } from './read-metrics.ts';

export type Usage = Pick<
  LoadMeasurement,
  'cpuMs' | 'waitedMs' | 'memory' | 'loadCores' | 'stubCores' | 'strangersShare' | 'metrics'
>;

interface Reading {
  readonly at: number;
  readonly cpuMs: number | undefined;
  readonly waitedMs: number | undefined;
  readonly loadMs: number;
  readonly stubMs: number | undefined;
  readonly strangersMs: number | undefined;
}

/** So often memory is looked at. */
const LOOK_MS = 100;

/** `undefined` where the system has no such file: only Linux has. */
function told<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export class Watched {
  readonly #order: LoadOrder;
  /** What its metrics said before the load. */
  readonly #idle: string | undefined;
  readonly #beforeBytes: number;
  readonly #timer: NodeJS.Timeout;
  #highestBytes: number;

  constructor(order: LoadOrder, idle: string | undefined) {
    this.#order = order;
    this.#idle = idle;
    this.#beforeBytes = this.#residentBytes() ?? 0;
    this.#highestBytes = this.#beforeBytes;
    this.#timer = setInterval(() => this.#lookAtMemory(), LOOK_MS);
  }

  /** Begins to look at its memory; to be called before the load. */
  static async begin(order: LoadOrder): Promise<Watched> {
    return new Watched(order, await metricsOf(order));
  }

  /** What was used while `work` ran. Metrics are read before and after it, so that they cost it nothing. */
  async during(work: () => Promise<void>): Promise<Usage> {
    const metricsBefore = await metricsOf(this.#order);
    const before = this.#read();
    await work();
    const after = this.#read();
    const metrics = pair(metricsBefore, await metricsOf(this.#order));
    const usage = between(before, after);
    return {
      ...usage,
      ...(usage.cpuMs === undefined ? usageIn(metrics, this.#idle) : { memory: this.#memory() }),
      ...(metrics && { metrics }),
    };
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #read(): Reading {
    const { gatewayPid, stubPid } = this.#order;
    const { user, system } = process.cpuUsage();
    const cpuOf = (pid: number | undefined): number | undefined =>
      pid === undefined ? undefined : told(() => cpuTimeNs(pid) / 1e6);
    const [loadMs, cpuMs, stubMs] = [(user + system) / 1_000, cpuOf(gatewayPid), cpuOf(stubPid)];
    const busyMs = told(machineBusyMs);
    return {
      at: performance.now(),
      cpuMs,
      waitedMs: gatewayPid === undefined ? undefined : told(() => waitTimeNs(gatewayPid) / 1e6),
      loadMs,
      stubMs,
      strangersMs:
        busyMs === undefined || cpuMs === undefined
          ? undefined
          : busyMs - loadMs - cpuMs - (stubMs ?? 0),
    };
  }

  #memory(): Memory {
    const endBytes = this.#residentBytes() ?? 0;
    const highestBytes = Math.max(this.#highestBytes, endBytes);
    return { beforeBytes: this.#beforeBytes, endBytes, highestBytes };
  }

  #lookAtMemory(): void {
    this.#highestBytes = Math.max(this.#highestBytes, this.#residentBytes() ?? 0);
  }

  #residentBytes(): number | undefined {
    const { gatewayPid: pid } = this.#order;
    return pid === undefined ? undefined : told(() => residentBytes(pid));
  }
}

function between(before: Reading, after: Reading): Usage {
  const elapsedMs = after.at - before.at;
  const of = (key: keyof Reading): number | undefined => {
    const [first, last] = [before[key], after[key]];
    return first === undefined || last === undefined ? undefined : last - first;
  };
  const [cpuMs, waitedMs, stubMs] = [of('cpuMs'), of('waitedMs'), of('stubMs')];
  const strangersMs = of('strangersMs');
  return {
    ...(cpuMs === undefined ? {} : { cpuMs }),
    ...(waitedMs === undefined ? {} : { waitedMs }),
    loadCores: (of('loadMs') ?? 0) / elapsedMs,
    ...(stubMs === undefined ? {} : { stubCores: stubMs / elapsedMs }),
    ...(strangersMs === undefined
      ? {}
      : { strangersShare: shareOf(strangersMs, elapsedMs * availableParallelism()) }),
  };
}

/** Both are read in ticks, a moment apart. */
const shareOf = (part: number, whole: number): number => Math.min(1, Math.max(0, part / whole));

const metricsOf = async ({ adminUrl }: LoadOrder): Promise<string | undefined> =>
  adminUrl === undefined ? undefined : readMetrics(adminUrl);

const pair = (before?: string, after?: string): LoadMeasurement['metrics'] =>
  before === undefined || after === undefined ? undefined : { before, after };

/** By its own account. */
function usageIn(
  metrics: LoadMeasurement['metrics'],
  idle: string | undefined,
): Pick<Usage, 'cpuMs' | 'memory'> {
  if (metrics === undefined || idle === undefined) return {};
  const [before, after] = [Exposition.read(metrics.before), Exposition.read(metrics.after)];
  const bytes = (at: Exposition): number => at.total('process_resident_memory_bytes');
  const [beforeBytes, warmBytes, endBytes] = [
    bytes(Exposition.read(idle)),
    bytes(before),
    bytes(after),
  ];
  return {
    cpuMs: after.since(before).total('process_cpu_seconds_total') * 1_000,
    memory: { beforeBytes, endBytes, highestBytes: Math.max(beforeBytes, warmBytes, endBytes) },
  };
}
