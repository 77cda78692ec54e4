/**
 * Finds requests that go to another route than before.
 *
 * Only pairs of matches of which one has changed are looked at: two that stayed, and stayed in their order, hand no
 * request from one to the other.
 */
import type { RouteConfig } from '../config/build/config.ts';
import { fitsRegex, pathsMeet, samples, sampleText, type Vocabulary } from './region.ts';
import {
  changedEntries,
  type Entry,
  movedRoutes,
  RouteTable,
  vocabularyOf,
} from './route-table.ts';

/** Requests that went to `from` go to `to`. */
export interface Move {
  readonly from: RouteConfig;
  readonly to: RouteConfig;
  /** One of them; absent where only a regex would tell whether there are any. */
  readonly sample?: string;
}

/** It may be interrupted wherever it yields nothing: there may be ten thousand routes. */
export function* movesBetween(
  before: readonly RouteConfig[],
  after: readonly RouteConfig[],
): Generator<Move | undefined> {
  const [old, now] = [new RouteTable(before), new RouteTable(after)];
  const vocabulary = vocabularyOf([old, now]);
  const told = new Set<string>();
  for (const [from, to] of pairs(old, now, movedRoutes(before, after))) {
    yield undefined;
    const key = JSON.stringify([from.route.name, to.route.name]);
    if (told.has(key)) continue;
    const found = passing(from, to, { old, now, vocabulary });
    if (found === undefined) continue;
    told.add(key);
    yield { from: from.route, to: to.route, ...found };
  }
}

interface Tables {
  readonly old: RouteTable;
  readonly now: RouteTable;
  readonly vocabulary: Vocabulary;
}

/** A request that passes from one to the other, as far as samples tell; `undefined` if none does. */
function passing(
  from: Entry,
  to: Entry,
  { old, now, vocabulary }: Tables,
): Pick<Move, 'sample'> | undefined {
  let found: Pick<Move, 'sample'> | undefined;
  for (const sample of samples(from.match, to.match, vocabulary)) {
    if (!old.mayWin(from, sample) || !now.mayWin(to, sample)) continue;
    if ([from.match, to.match].every((match) => fitsRegex(match, sample))) {
      return { sample: sampleText(sample) };
    }
    found = {};
  }
  return found;
}

function* pairs(
  old: RouteTable,
  now: RouteTable,
  moved: ReadonlySet<string>,
): Generator<readonly [from: Entry, to: Entry]> {
  const gone = changedEntries(old, now, moved);
  for (const from of gone) {
    for (const to of now.near(from.match)) if (mayPass(from, to)) yield [from, to];
  }
  const isGone = new Set(gone);
  for (const to of changedEntries(now, old, moved)) {
    for (const from of old.near(to.match)) {
      if (!isGone.has(from) && mayPass(from, to)) yield [from, to];
    }
  }
}

const mayPass = (from: Entry, to: Entry): boolean =>
  from.route.name !== to.route.name && pathsMeet(from.match, to.match);
