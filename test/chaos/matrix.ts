/**
 * Every fault against every setting, through the real gateway: what clients get, how often the upstream
 * was asked, and whether it was blamed.
 */
import type { Bff } from '../../src/authoring/bff.ts';
import { ask, type Answer } from './client.ts';
import type { Fault } from './faults.ts';
import { type Chaos, startChaos } from './upstream.ts';
import { startGateway } from '../gateway/support/gateway.ts';

export const METHODS = ['GET', 'POST'] as const;
export type Method = (typeof METHODS)[number];

export const MATRIX_FAULTS = [
  'ok',
  'slow',
  'trickle',
  'refuse',
  'resetBeforeHead',
  'garbage',
  'hang',
  'status500',
  'status503',
  'resetAfterHead',
  'cutBody',
  'cutChunks',
  'hangBody',
] as const satisfies readonly Fault[];
export type MatrixFault = (typeof MATRIX_FAULTS)[number];

/** Short, and still far from each other: `slow` takes 100 ms, a byte of `trickle` 15 ms. */
const TIMES = { deadline: '3s', timeout: '500ms', idleTimeout: '500ms' } as const;
const NOTHING = { retry: false, breaker: false, outlier: false } as const;

interface Setting {
  readonly upstream: object;
  readonly route?: object;
  /** A second target, without faults, that takes turns with the first one. */
  readonly hasSpare?: boolean;
  /** Calls, one after the other; what comes of the first and of the last is noted. */
  readonly calls: number;
}

/** By the word the page has for them. */
export const SETTINGS = {
  'timeouts only': { upstream: NOTHING, calls: 1 },
  retry: { upstream: { ...NOTHING, retry: { attempts: 2, backoff: '5ms' } }, calls: 1 },
  breaker: { upstream: { ...NOTHING, breaker: { ratio: 0.5, minimum: 4, open: '60s' } }, calls: 5 },
  outlier: {
    upstream: {
      ...NOTHING,
      balance: 'roundRobin',
      outlier: { consecutive: 2, eject: '60s' },
    },
    hasSpare: true,
    calls: 6,
  },
  fallback: {
    upstream: NOTHING,
    route: {
      fallback: {
        respond: { status: 200, body: { stale: true } },
        on: ['unavailable', 'timeout', '5xx'],
      },
    },
    calls: 1,
  },
} as const satisfies Readonly<Record<string, Setting>>;
export type SettingName = keyof typeof SETTINGS;

export interface Cell {
  readonly fault: MatrixFault;
  readonly setting: SettingName;
  readonly method: Method;
  readonly first: Answer;
  readonly last: Answer;
  /** Requests that reached the upstream. */
  readonly seen: number;
  readonly retries: number;
  /** The circuit counted it; `undefined` where there is none. */
  readonly isCounted: boolean | undefined;
  readonly isEjected: boolean;
}

interface Plan {
  readonly name: string;
  readonly fault: MatrixFault;
  readonly setting: SettingName;
  readonly method: Method;
  readonly chaos: Chaos;
  readonly targets: readonly string[];
}

/** How clients get to the upstreams. */
export interface Way {
  /** All of them, by default. */
  readonly settings?: readonly SettingName[];
  /** Default: a route that forwards, for each cell. */
  readonly bff?: (names: readonly string[]) => Bff;
}

/** Runs every cell; those of one setting side by side. */
export async function runMatrix({ settings = ALL, bff }: Way = {}): Promise<readonly Cell[]> {
  const plans = await Promise.all(everyCell(settings).map(plan));
  const routes = Object.fromEntries(plans.map((each) => [each.name, routeOf(each)]));
  const gateway = await startGateway({
    ...(bff && { bff: bff(plans.map(({ name }) => name)) }),
    config: {
      admin: { port: 0 },
      upstreams: Object.fromEntries(plans.map((each) => [each.name, upstreamOf(each)])),
      ...(bff === undefined && { routes }),
    },
  });
  const cells: Cell[] = [];
  for (const setting of settings) {
    const some = plans.filter((each) => each.setting === setting);
    const answers = await Promise.all(some.map((each) => callAll(gateway.url, each)));
    const metrics = await (await fetch(`${gateway.gateway.adminUrl}/metrics`)).text();
    const { upstreams } = gateway.gateway.status();
    some.forEach((each, i) => {
      const { circuit, targets } = upstreams.find(({ name }) => name === each.name)!;
      cells.push({
        ...each,
        first: answers[i]![0]!,
        last: answers[i]!.at(-1)!,
        seen: each.chaos.requests,
        retries: retriesOf(metrics, each.name),
        isCounted: circuit && circuit === 'open',
        isEjected: targets[0]!.ejected,
      });
    });
  }
  return cells;
}

const ALL = Object.keys(SETTINGS) as SettingName[];

function everyCell(settings: readonly SettingName[]): Pick<Plan, 'fault' | 'setting' | 'method'>[] {
  return MATRIX_FAULTS.flatMap((fault) =>
    settings.flatMap((setting) => METHODS.map((method) => ({ fault, setting, method }))),
  );
}

async function plan(cell: Pick<Plan, 'fault' | 'setting' | 'method'>): Promise<Plan> {
  const { hasSpare = false }: Setting = SETTINGS[cell.setting];
  const chaos = await startChaos(cell.fault);
  const spare = hasSpare ? [(await startChaos('ok')).url] : [];
  const name = `${cell.setting}-${cell.fault}-${cell.method}`.replaceAll(' ', '-').toLowerCase();
  return { ...cell, name, chaos, targets: [chaos.url, ...spare] };
}

const upstreamOf = ({ setting, targets }: Plan): object => ({
  targets,
  ...TIMES,
  ...SETTINGS[setting].upstream,
});

function routeOf({ name, setting }: Plan): object {
  const { route }: Setting = SETTINGS[setting];
  return { match: { path: `/${name}` }, upstream: name, ...route };
}

async function callAll(url: string, { name, setting, method }: Plan): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < SETTINGS[setting].calls; i++) {
    const type = { headers: { 'content-type': 'application/json' } };
    const body = method === 'POST' ? { body: '{"n":1}', ...type } : {};
    answers.push(await ask(`${url}/${name}`, { method, ...body }));
  }
  return answers;
}

function retriesOf(metrics: string, upstream: string): number {
  const lines = metrics
    .split('\n')
    .filter(
      (line) =>
        line.startsWith('portico_upstream_retries_total{') &&
        line.includes(`upstream="${upstream}"`),
    );
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
