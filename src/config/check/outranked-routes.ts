/**
 * Finds routes whose headers, cookies or query look more specific than another route's methods, but are not: a
 * match with methods comes before one without, whatever else it has.
 *
 * A typical case is a canary: `{ path: /c/*, headers: … }` beside `{ path: /c/*, methods: [GET] }` gets no GET.
 */
import type { MatchConfig } from '../build/config.ts';
import type { TableEntry } from './route-table.ts';
import { PAUSE, type Step } from './step.ts';

export function* findOutranked(table: readonly TableEntry[]): Generator<Step> {
  const rivals = Map.groupBy(
    table.filter(({ match }) => match.methods !== undefined),
    placeOf,
  );
  for (const entry of table) {
    yield PAUSE;
    if (entry.match.methods !== undefined || conditionsOf(entry).size === 0) continue;
    const winners = (rivals.get(placeOf(entry)) ?? []).filter((each) => takesFrom(entry, each));
    if (winners.length === 0) continue;
    const methods = [...new Set(winners.flatMap(({ match }) => match.methods ?? []))].join(', ');
    const names = [...new Set(winners.map(({ route }) => `routes.${route}`))];
    const take = names.length === 1 ? 'takes' : 'take';
    const message = `never matches for ${methods}: ${names.join(', ')} ${take} these, because methods rank above headers, cookies and query; to change that, give it a higher "priority"`;
    yield { path: entry.at, severity: 'warning', message };
  }
}

const placeOf = ({ priority, print }: TableEntry): string => `${priority} ${print.place}`;

/** Does `other` match, for its methods, whatever `entry` does? */
function takesFrom(entry: TableEntry, other: TableEntry): boolean {
  return other.route !== entry.route && conditionsOf(other).isSubsetOf(conditionsOf(entry));
}

const conditions = new WeakMap<MatchConfig, ReadonlySet<string>>();

/** Each as a text, once. */
function conditionsOf({ match }: TableEntry): ReadonlySet<string> {
  let known = conditions.get(match);
  if (known === undefined) {
    const { headers, cookies, query } = match;
    known = new Set(
      [headers, cookies, query].flatMap((each, i) => each.map((one) => i + JSON.stringify(one))),
    );
    conditions.set(match, known);
  }
  return known;
}
