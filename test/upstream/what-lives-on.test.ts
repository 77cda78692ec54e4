/**
 * What lives on when one key of an upstream changes. docs/resilience.md shows the table; `UPDATE_DOCS=1
 * npx vitest run test/upstream/what-lives-on.test.ts` rewrites it.
 */
import { resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { UpstreamConfig } from '../../src/config/build/config.ts';
import { UpstreamOptions } from '../../src/config/schema/upstream.ts';
import type { UpstreamLease } from '../../src/upstream/lease.ts';
import { UpstreamRegistry } from '../../src/upstream/registry.ts';
import type { UpstreamState } from '../../src/upstream/state.ts';
import { lossesOf } from '../../src/upstream/what-lives-on.ts';
import { configOf as load } from '../config/config-files.ts';
import { aRequest } from '../helpers/call.ts';
import { manualClock } from '../helpers/clock.ts';
import { partOf, writePart } from '../helpers/docs-part.ts';
import { SURROUNDINGS } from '../helpers/state.ts';

const PAGE = 'docs/resilience.md';
const PART = 'what lives on';
const UPDATES = process.env['UPDATE_DOCS'] !== undefined;

/** Nobody listens there; nothing is sent before the test checks. */
const [A, B, C, D] = [1, 2, 3, 4].map((port) => `https://127.0.0.1:${port}`);
const BASE = {
  targets: [A, B, C],
  breaker: { consecutive: 1 },
  health: { path: '/healthz' },
  retry: { budget: '0%' },
};

type Keys = Readonly<Record<string, unknown>>;

/** By key: the change, and what else the config has before and after. */
const CHANGES: Readonly<Record<string, readonly [change: Keys, besides?: Keys]>> = {
  '`deadline`': [{ deadline: '14s' }],
  '`timeout`': [{ timeout: '2s' }],
  '`idleTimeout`': [{ idleTimeout: '5s' }],
  '`retry`': [{ retry: { budget: '0%', attempts: 3 } }],
  '`retry: false`': [{ retry: false }],
  '`host`': [{ host: 'orders.test' }],
  '`via`': [{ via: false }],
  '`propagateDeadline`': [{ propagateDeadline: true }],
  '`openapi`': [{ openapi: resolve('openapi/orders.yaml') }],
  '`balance`': [{ balance: 'roundRobin' }],
  '`panic`': [{ panic: '50%' }],
  '`slowStart`': [{ slowStart: '10s' }],
  '`targets`: one for another': [{ targets: [A, B, D] }],
  '`targets`: a weight': [{ targets: [A, B, { url: C, weight: 2 }] }],
  '`discover` instead of `targets`': [
    { targets: undefined, discover: { dns: 'orders.test', port: 80, resolver: '127.0.0.1:1' } },
  ],
  '`tls`': [{ tls: { servername: 'orders.test' } }],
  '`http2`': [{ http2: true }],
  '`connections`': [{ connections: 200 }],
  '`connectTimeout`': [{ connectTimeout: '2s' }],
  '`keepAlive`': [{ keepAlive: '1s' }],
  '`limits`: `headers`': [{ limits: { headers: '32KiB' } }],
  '`bulkhead`: `queue`, `wait`': [{ bulkhead: { queue: 5, wait: '2s' } }],
  '`bulkhead`: `concurrency`, where `connections` is written': [
    { bulkhead: { concurrency: 50 } },
    { connections: 200 },
  ],
  '`bulkhead`: `concurrency`, which is also the default of `connections`': [
    { bulkhead: { concurrency: 50 } },
  ],
  '`sockets`': [{ sockets: 10 }],
  '`breaker`': [{ breaker: { consecutive: 2 } }],
  '`breaker: false`': [{ breaker: false }],
  '`health`': [{ health: { path: '/ready' } }],
  '`health: false`': [{ health: false }],
  '`outlier`': [{ outlier: { consecutive: 3 } }],
  '`outlier`: `maxEjected` below what is ejected': [{ outlier: { maxEjected: '0%' } }],
  '`outlier: false`': [{ outlier: false }],
};

async function upstreamOf(keys: Keys): Promise<UpstreamConfig> {
  const { upstreams } = await load(JSON.stringify({ version: 1, upstreams: { orders: keys } }));
  return upstreams['orders']!;
}

const microtasks = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

/** A state in use: B unhealthy, A ejected, the circuit open, a slot held, retries spent. */
async function lived(config: UpstreamConfig) {
  const registry = new UpstreamRegistry({ ...SURROUNDINGS, clock: manualClock() });
  const acquire = (acquired: UpstreamConfig): UpstreamLease => {
    const lease = registry.acquire(acquired);
    onTestFinished(() => registry.release(lease));
    return lease;
  };
  const { state } = acquire(config);
  const [a, b] = state.targets.all;
  b!.isHealthy = false;
  for (let i = 0; i < 5; i++) a!.failed('status 503');
  await state.slots.acquire(aRequest());
  while (state.budget.withdraw(0));
  state.circuit!.enter().fail(new Error('down'));
  await microtasks();
  return { state, acquire, snapshot: snapshotOf(state) };
}

const snapshotOf = (state: UpstreamState) => ({
  targets: state.targets.all,
  sockets: state.targets.all.map(({ dispatcher }) => dispatcher),
  slots: state.slots,
});

/** The result for each column of the table. */
async function change(before: UpstreamConfig, after: UpstreamConfig): Promise<string[]> {
  const { state, acquire, snapshot } = await lived(before);
  acquire(after).apply();
  const { targets, sockets, slots } = snapshotOf(state);
  const stayed = snapshot.targets.filter((target) => targets.includes(target));
  const [a, b] = targets;
  expect(stayed.length).toBeGreaterThanOrEqual(2);
  expect(slots).toBe(snapshot.slots);
  const kept = (isKept: boolean, otherwise: string): string => (isKept ? 'kept' : otherwise);
  const isSameSize = JSON.stringify(before.bulkhead) === JSON.stringify(after.bulkhead);
  const hasSockets = stayed.every(({ dispatcher }) => snapshot.sockets.includes(dispatcher));
  expect(sockets.some((each) => snapshot.sockets.includes(each))).toBe(hasSockets);
  return [
    kept(hasSockets, '**new**'),
    kept(state.circuit?.state === 'open', state.circuit === undefined ? '**none**' : '**new**'),
    slots.used === 1 ? kept(isSameSize, '**resized**') : '**lost**',
    kept(!b!.isHealthy, '**forgotten**'),
    kept(a!.isEjected, '**ended**'),
    kept(!state.budget.withdraw(0), '**new**'),
  ];
}

const HEAD = ['what changes', 'sockets', 'circuit', 'slots', 'health', 'ejection', 'retry budget'];
/** By column: the words of `lossesOf` for what is not kept. */
const LOSSES: readonly Readonly<Record<string, string>>[] = [
  { '**new**': 'new sockets' },
  { '**new**': 'a new circuit, closed', '**none**': 'no circuit' },
  { '**resized**': 'resized slots' },
  { '**forgotten**': 'health forgotten' },
  { '**ended**': 'ejections ended' },
  { '**new**': 'a new retry budget' },
];
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

describe('what lives on when a key of an upstream changes', () => {
  test('is documented for every key', () => {
    const keys = Object.values(CHANGES).flatMap(([changed]) => Object.keys(changed));
    expect(new Set(keys)).toEqual(new Set(Object.keys(UpstreamOptions.shape)));
  });

  test(`is what ${PAGE} says`, async () => {
    const rows: string[] = [];
    for (const [what, [changed, besides = {}]] of Object.entries(CHANGES)) {
      const before = await upstreamOf({ ...BASE, ...besides });
      const after = await upstreamOf({ ...BASE, ...besides, ...changed });
      expect(after, what).not.toEqual(before);
      rows.push(line([what, ...(await change(before, after))]));
    }
    const table = [line(HEAD), `|${HEAD.map(() => '---').join('|')}|`, ...rows].join('\n');
    if (UPDATES) writePart(PAGE, PART, table);
    expect(partOf(PAGE, PART)).toBe(table);
  });

  test('is what `portico diff` says', async () => {
    for (const [what, [changed, besides = {}]] of Object.entries(CHANGES)) {
      const before = await upstreamOf({ ...BASE, ...besides });
      const after = await upstreamOf({ ...BASE, ...besides, ...changed });
      const lost = (await change(before, after)).flatMap((cell, i) => LOSSES[i]![cell] ?? []);
      expect([...lossesOf(before, after)], what).toEqual(lost);
    }
  });

  test('is everything if the config is the same', async () => {
    const config = await upstreamOf(BASE);
    const cells = await change(config, structuredClone(config));
    expect(new Set(cells)).toEqual(new Set(['kept']));
  });
});
