/** What quotas and versions say of a change, for `portico diff`. */
import { expect, test } from 'vitest';
import quota from '../../plugins/quota/index.ts';
import version from '../../plugins/version/index.ts';

const redis = 'redis://127.0.0.1:1';
const settings = (q: object, store: unknown = 'memory') =>
  quota.settings.parse({ store, quotas: { q } });
const told = (found: Iterable<{ readonly path: readonly unknown[]; readonly message: string }>) =>
  [...found].map(({ path, message }) => `${path.join('.')}: ${message}`);

const day = { limit: 10, per: 'day' };
const plans = { plan: 'address', plans: { free: 1, pro: 9 }, default: 'free', per: 'day' };

test.each<[before: object, after: object, told: readonly string[]]>([
  [day, day, []],
  [day, { ...day, limit: 9 }, []],
  [day, { ...day, limit: 11 }, ['quotas.q: q is 11 a day; before, 10 a day']],
  [day, { limit: 300, per: 'month' }, []],
  [{ limit: 300, per: 'month' }, day, ['quotas.q: q is 10 a day; before, 300 a month']],
  [
    day,
    { ...day, refund: true },
    ['quotas.q.refund: q no longer counts requests that fail with 5xx'],
  ],
  [day, { ...day, by: 'address' }, ['quotas.q: q is counted in another way, from 0']],
  [
    plans,
    { ...plans, plans: { free: 2, pro: 9, gold: 5 } },
    [
      'quotas.q: q for free is 2 a day; before, 1 a day',
      'quotas.q: q for gold is 5 a day; before, 1 a day',
      'quotas.q: q is 2 a day; before, 1 a day',
    ],
  ],
])('a quota %j that becomes %j', (before, after, expected) => {
  expect(told(quota.loosened!.ofSettings!(settings(before), settings(after)))).toEqual(expected);
});

test('a store that forgets more is told, and one that admits during an outage', () => {
  const of = (before: unknown, after: unknown) =>
    told(quota.loosened!.ofSettings!(settings(day, before), settings(day, after)));
  expect(of({ redis }, 'memory')).toEqual([
    'store: each process counts for itself, and forgets when it ends',
  ]);
  expect(of({ redis, onError: 'refuse' }, { redis })).toEqual([
    'store.onError: nothing is counted while Redis is down; before, clients were refused',
  ]);
  expect(of({ redis }, { redis, prefix: 'x:' })).toEqual([
    'store: counts begin at 0 in another place',
  ]);
  expect(of('memory', { redis })).toEqual([]);
});

test('a route that names a quota less is told', () => {
  const of = (before: unknown, after: unknown) =>
    told(quota.loosened!.ofOptions!(before, after, new Map(), {} as never));
  expect(of(['a', 'b'], ['b', 'c'])).toEqual([': requests no longer count against a']);
  expect(of(['a'], undefined)).toEqual([': requests no longer count against a']);
  expect(of(undefined, ['a'])).toEqual([]);
});

test('a version that is served for longer is told', () => {
  const parse = (options: object) => version.options.parse(options);
  const of = (before: object, after: object | undefined) =>
    told(
      version.loosened!.ofOptions!(parse(before), after && parse(after), new Map(), {} as never),
    );
  const gone = { name: 'v1', sunset: '2026-12-31', afterSunset: 'gone' };
  const longer = ['sunset: v1 is served for longer than it was to be'];
  expect(of(gone, gone)).toEqual([]);
  expect(of(gone, { ...gone, sunset: '2026-12-01' })).toEqual([]);
  expect(of(gone, { ...gone, sunset: '2027-01-01' })).toEqual(longer);
  expect(of(gone, { ...gone, afterSunset: 'serve' })).toEqual(longer);
  expect(of(gone, undefined)).toEqual(longer);
  const listed = {
    from: 'query:v',
    versions: { v1: { sunset: '2026-12-31', afterSunset: 'gone' } },
  };
  expect(of(listed, { from: 'query:v', versions: { v2: {} } })).toEqual([]);
});
