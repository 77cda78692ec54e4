/**
 * A change that admits what was refused is never without a risk of the route that admits it. What is admitted is not
 * worked out here: both gateways run, and are asked by clients with and without credentials.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ACTIONS } from '../../src/actions/index.ts';
import { BUILT_IN } from '../../src/assembly/modules.ts';
import { auditRules } from '../../src/config/audit/audit.ts';
import type { Diff } from '../../src/diff/diff.ts';
import { run } from '../cli/run.ts';
import { folderOf } from '../config/config-files.ts';
import { type Answered, answersOf, type Asked, CLIENTS } from './clients.ts';
import { CELLS, editedConfigs } from './configs.ts';

/** Pairs of configs; each holds several edits. */
const RUNS = Number(process.env['DIFF_RUNS'] ?? 5);
const SEED = Number(process.env['DIFF_SEED'] ?? 20_261_130);
const REQUESTS = 600;

const asked: fc.Arbitrary<Asked> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'POST', 'HEAD', 'DELETE', 'OPTIONS'),
    cell: fc.nat({ max: CELLS - 1 }),
    path: fc.constantFrom(
      '',
      '/',
      '/a',
      '/a/',
      '/a/b',
      '/a/x',
      '/a/7',
      '/a/b/c',
      '/b',
      '/b/b',
      '/x',
    ),
    query: fc.constantFrom('', '', '?q=1'),
    host: fc.constantFrom('c.example', 'a.test', 'b.test', 'x.test'),
    more: fc.constantFrom<Record<string, string>>(
      {},
      {},
      { x: '1' },
      { x: 'y' },
      { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.test', 'access-control-request-method': 'POST' },
      { 'sec-fetch-site': 'same-origin' },
    ),
    client: fc.constantFrom(...CLIENTS),
  })
  .map(({ method, cell, path, query, host, more, client }) => ({
    method,
    path: `/c${cell}${path}${query}`,
    headers: { ...more, ...client, host },
  }));

/** They look at one config alone. */
const OF_AUDIT = auditRules({
  plugins: new Map(BUILT_IN.map((each) => [each.name, each])),
  actions: ACTIONS,
});

/** The keys of which risks are told; `undefined` if one of the configs is not valid. */
async function riskyKeys(before: object, after: object): Promise<string[] | undefined> {
  const folder = folderOf({});
  const [old, now] = [before, after].map((config, i) => {
    const file = join(folder, `${i}.yaml`);
    const common = {
      version: 1,
      server: { host: '127.0.0.1', port: 0 },
      admin: false,
      upstreams: {
        up: { targets: ['http://a.invalid'] },
        other: { targets: ['http://b.invalid'] },
      },
    };
    writeFileSync(file, JSON.stringify({ ...common, ...config }));
    return file;
  }) as [string, string];
  const { code, out } = await run(['diff', old, now, '--json']);
  if (code === 78) return undefined;
  const { risks } = JSON.parse(out.join('')) as Diff;
  return risks.flatMap(({ rule, paths }) => (OF_AUDIT.has(rule) ? [] : paths));
}

const isRefused = ({ status }: Answered): boolean => status === 401 || status === 403;

/** A setting of a plugin may concern any route. */
const isTold = (route: string, keys: readonly string[]): boolean =>
  keys.some((key) => key.startsWith('plugins.') || `${key}.`.startsWith(`routes.${route}.`));

test(
  `whoever is admitted, and was refused, is told as a risk of the route (${RUNS * CELLS} edits)`,
  { timeout: 3_600_000 },
  async () => {
    const seen = { pairs: 0, admitting: new Set<string>(), silent: 0 };
    // A failure is not made smaller: each try would start two gateways.
    await fc.assert(
      fc.asyncProperty(
        editedConfigs,
        fc.array(asked, { minLength: REQUESTS, maxLength: REQUESTS }),
        async ({ before, after }, requests) => {
          const keys = await riskyKeys(before, after);
          if (keys === undefined) return;
          seen.pairs += 1;
          const old = await answersOf(before, requests);
          const now = await answersOf(after, requests);
          const admitted = requests.flatMap((request, i) =>
            isRefused(old[i]!) && now[i]!.status < 400 ? [{ ...request, ...now[i]! }] : [],
          );
          expect(admitted.filter(({ route }) => !isTold(route, keys))).toEqual([]);
          for (const { route } of admitted) seen.admitting.add(`${seen.pairs} ${route}`);
          const routes = Object.keys((after as { routes: object }).routes);
          seen.silent += routes.filter((route) => !isTold(route, keys)).length;
        },
      ),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    if (process.env['DIFF_REPORT'] !== undefined) {
      console.log({ ...seen, admitting: seen.admitting.size });
    }
    // Most pairs are valid, some edits admit more, and some are no risk: otherwise this would show nothing.
    expect(seen.pairs).toBeGreaterThan(RUNS / 2);
    expect(Math.min(seen.admitting.size, seen.silent)).toBeGreaterThan(RUNS / 2);
  },
);
