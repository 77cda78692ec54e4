import { beforeAll, describe, expect, test } from 'vitest';
import { type Case, differences } from './case.ts';
import { FIELDS } from './fields.ts';
import { FRAMING } from './framing.ts';
import { TARGETS } from './targets.ts';
import { startWorld, type World } from './world.ts';

const CASES: readonly (readonly [string, readonly Case[]])[] = [
  ['framing', FRAMING],
  ['targets', TARGETS],
  ['fields', FIELDS],
];

/** Words of ours, or of what we are made of, that no client may read. */
const INTERNALS = /node_modules|FST_|HPE_|ECONN|undici|llhttp|\n\s+at |127\.0\.0\.1:\d/;

describe.each(CASES)('hostile requests: %s', (_group, cases) => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    return () => world.close();
  });

  test.each(cases.map((each) => [each.name, each.source, each] as const))(
    '%s (%s)',
    async (_name, _source, { send, statuses, reached }) => {
      const verdict = await world.attack(send);
      expect(verdict.end, 'it was answered').not.toBe('hangs');
      expect(verdict.answer).not.toMatch(INTERNALS);
      expect(verdict.statuses).toHaveLength(statuses.length);
      for (const [i, status] of statuses.entries()) {
        expect([status].flat()).toContain(verdict.statuses[i]);
      }
      // What may have come through, or not, has an empty list.
      if (reached?.length === 0) return;
      const isServed = verdict.statuses.includes(200) || (reached?.length ?? 0) === 0;
      if (!isServed) return;
      expect(verdict.reached.map(({ method, url }) => `${method} ${url}`)).toHaveLength(
        reached?.length ?? 0,
      );
      for (const [i, expected] of (reached ?? []).entries()) {
        expect(differences(expected, verdict.reached[i])).toEqual([]);
      }
    },
  );

  test('and after all of them the next one is served', async () => {
    const { statuses } = await world.attack(
      'GET /open HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n',
    );
    expect(statuses).toEqual([200]);
  });
});

test('there are 150 of them at least', () => {
  expect(CASES.reduce((sum, [, cases]) => sum + cases.length, 0)).toBeGreaterThanOrEqual(150);
});
