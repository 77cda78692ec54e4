/** Who hides whom, looked up in a tree, is what comparing each with all would find. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildMatch, PathPatterns } from '../../src/config/build/match.ts';
import { covers } from '../../src/config/check/covers.ts';
import { findHidden } from '../../src/config/check/hidden-routes.ts';
import { fingerprint, type TableEntry } from '../../src/config/check/route-table.ts';
import { PAUSE } from '../../src/config/check/step.ts';
import { Match } from '../../src/config/schema/route.ts';

const some = <T>(...of: readonly T[]) => fc.constantFrom(...of);
const match = fc
  .record(
    {
      path: some(
        '/',
        '/*',
        '/a',
        '/a/',
        '/a/*',
        '/{x}',
        '/{x}/*',
        '/a/b',
        '/a/{y}/*',
        '/{x}/b',
        '/b/*',
      ),
      hosts: some(['a.test'], ['b.test'], ['a.test', 'b.test'], ['*.test']),
      methods: some(['GET'], ['POST'], ['GET', 'POST'], ['POST', 'GET', 'PUT']),
      headers: some({ x: '1' }, { x: { present: true } }),
    },
    { requiredKeys: [] },
  )
  .chain((own) =>
    own.path === undefined
      ? some<object>(own, { ...own, pathRegex: '/r.*' })
      : fc.constant<object>(own),
  );

const routes = fc.array(
  fc.record({
    priority: some(0, 0, 1, 2),
    matches: fc.array(match, { minLength: 1, maxLength: 2 }),
  }),
  { maxLength: 12 },
);

function tableOf(written: readonly { priority: number; matches: readonly object[] }[]) {
  let position = 0;
  return written.flatMap(({ priority, matches }, i) =>
    matches.map((each): TableEntry => {
      const built = buildMatch(Match.parse(each), new PathPatterns());
      const at = ['routes', `r${i}`];
      return {
        route: `r${i}`,
        priority,
        at,
        position: position++,
        match: built,
        print: fingerprint(built),
      };
    }),
  );
}

/** The first that hides `entry`, by comparing it with all. */
const hiderOf = (table: readonly TableEntry[], entry: TableEntry): string | undefined =>
  table.find((other) => other.route !== entry.route && hides(other, entry))?.route;

function hides(other: TableEntry, entry: TableEntry): boolean {
  if (other.priority !== entry.priority) {
    return other.priority > entry.priority && covers(other.match, entry.match);
  }
  const [theirs, own] = [other.match.methods, entry.match.methods];
  if (theirs === undefined || own === undefined || other.position > entry.position) return false;
  if (theirs.length <= own.length || !own.every((each) => theirs.includes(each))) return false;
  return other.print.rest === entry.print.rest;
}

test('hidden routes are those that comparing each with all finds, with the same words', () => {
  fc.assert(
    fc.property(routes, (written) => {
      const table = tableOf(written);
      const expected = [...Map.groupBy(table, ({ route }) => route)].flatMap(([route, entries]) => {
        const hiders = entries.map((entry) => hiderOf(table, entry));
        if (hiders.includes(undefined)) return [];
        const names = [...new Set(hiders)].map((name) => `routes.${name}`).join(', ');
        return [`${route}: never matches: ${names} takes all its requests`];
      });
      const found = [...findHidden(table, new Set())].flatMap((step) =>
        step === PAUSE ? [] : `${step.path[1]}: ${step.message}`,
      );
      expect(found).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});
