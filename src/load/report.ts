/** What a load test came to: the document that `--json` prints, and the text is made of. */
import type { Cores } from './cores.ts';
import { type Findings, findingsIn } from './findings.ts';
import type { CalledUpstream } from './gateway-order.ts';
import type { LatencySummary } from './latencies.ts';
import type { LoadMeasurement } from './load-order.ts';

/** What the rate ends at. */
export type Bound = 'gateway' | 'machine' | 'load' | 'slots' | 'upstream' | 'unknown';

export interface LoadReport {
  readonly setting: {
    /** The config, or the origin of a gateway that ran already. */
    readonly gateway: string;
    readonly request: string;
    readonly connections: number;
    readonly seconds: number;
    readonly warmUpSeconds: number;
    /** `undefined` after a warm-up of a given length. */
    readonly isSteady?: boolean;
    readonly isStubbed: boolean;
    readonly node: string;
    /** `null` where nothing is pinned. */
    readonly cores: { readonly gateway: string; readonly rest: string } | null;
  };
  readonly requests: { readonly total: number; readonly perSecond: number };
  /** Answers by status, and by class: `2xx`. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly classes: Readonly<Record<string, number>>;
  /** Connections and requests without an answer, by their code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly latencyMs: LatencySummary;
  /** `null` where nobody tells. */
  readonly cpu: {
    readonly perRequestUs: number;
    /** Of one core. */
    readonly coreShare: number;
    /** It could have gone on, and other programs had its core; `null` where nobody tells. */
    readonly waitedShare: number | null;
  } | null;
  readonly memory: LoadMeasurement['memory'] | null;
  /** `null` without metrics. */
  readonly gateway: Findings | null;
  readonly loadCoreShare: number;
  readonly stubCoreShare: number | null;
  /** Of the whole machine, by other programs, upstreams among them; `null` where nobody tells. */
  readonly strangersShare: number | null;
  readonly bound: Bound;
}

export interface ReportOptions {
  readonly gateway: string;
  readonly request: string;
  readonly connections: number;
  readonly isStubbed: boolean;
  /** Absent where the gateway ran already. */
  readonly cores?: Cores;
  readonly upstreams: readonly CalledUpstream[];
  readonly measured: LoadMeasurement;
}

export function reportOf(options: ReportOptions): LoadReport {
  const { measured, upstreams } = options;
  const { requests, elapsedMs, statuses, errors, latencyMs, metrics } = measured;
  const gateway = metrics === undefined ? null : findingsIn({ ...metrics, upstreams });
  const shares = {
    cpu: cpuOf(measured),
    loadCoreShare: measured.loadCores,
    stubCoreShare: measured.stubCores ?? null,
  };
  return {
    setting: settingOf(options),
    requests: { total: requests, perSecond: requests / (elapsedMs / 1_000) },
    statuses,
    classes: classesOf(statuses),
    errors,
    latencyMs,
    memory: measured.memory ?? null,
    gateway,
    ...shares,
    strangersShare: measured.strangersShare ?? null,
    bound: boundOf(shares, gateway, options.cores),
  };
}

function settingOf(options: ReportOptions): LoadReport['setting'] {
  const { gateway, request, connections, isStubbed, cores, measured } = options;
  const { elapsedMs, warmedUpMs, isSteady } = measured;
  return {
    gateway,
    request,
    connections,
    seconds: elapsedMs / 1_000,
    warmUpSeconds: warmedUpMs / 1_000,
    ...(isSteady === undefined ? {} : { isSteady }),
    isStubbed,
    node: process.version,
    cores:
      cores?.gateway === undefined || cores.rest === undefined
        ? null
        : { gateway: cores.gateway, rest: cores.rest },
  };
}

function classesOf(statuses: LoadReport['statuses']): Record<string, number> {
  const classes: Record<string, number> = {};
  for (const [status, count] of Object.entries(statuses)) {
    const name = `${status[0]}xx`;
    classes[name] = (classes[name] ?? 0) + count;
  }
  return classes;
}

function cpuOf({ cpuMs, waitedMs, requests, elapsedMs }: LoadMeasurement): LoadReport['cpu'] {
  if (cpuMs === undefined) return null;
  return {
    perRequestUs: requests === 0 ? 0 : (cpuMs * 1_000) / requests,
    coreShare: cpuMs / elapsedMs,
    waitedShare: waitedMs === undefined ? null : waitedMs / elapsedMs,
  };
}

/** A process that uses this much of a core has none to spare. */
const BUSY = 0.95;

function boundOf(
  {
    cpu,
    loadCoreShare,
    stubCoreShare,
  }: Pick<LoadReport, 'cpu' | 'loadCoreShare' | 'stubCoreShare'>,
  gateway: Findings | null,
  cores: Cores | undefined,
): Bound {
  if (cpu !== null && cpu.coreShare >= BUSY) return 'gateway';
  if (cpu !== null && cpu.coreShare + (cpu.waitedShare ?? 0) >= BUSY) return 'machine';
  const stub = stubCoreShare ?? 0;
  const shareOneCore = cores?.rest !== undefined && !/[,-]/.test(cores.rest);
  const busiest = shareOneCore ? loadCoreShare + stub : Math.max(loadCoreShare, stub);
  if (busiest >= BUSY) return 'load';
  if (gateway === null || cpu === null) return 'unknown';
  if (gateway.upstreams.some(({ waiting }) => waiting > 0)) return 'slots';
  return gateway.upstreams.length === 0 ? 'unknown' : 'upstream';
}
