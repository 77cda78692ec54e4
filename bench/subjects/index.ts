/** All subjects, by group; and which of them a run measures. */
import { composed } from './aggregates.ts';
import { bff } from './bff.ts';
import { bodies } from './bodies.ts';
import { core } from './core.ts';
import { plugins } from './plugins.ts';
import { http2, tls } from './protocols.ts';
import { log, routes } from './routes.ts';
import { tracing } from './tracing.ts';
import type { Heat, Subject } from './subject.ts';

/** A group is reported as one table; each of its heats is measured for itself. */
export interface Group {
  readonly name: string;
  readonly heats: readonly Heat[];
}

export const GROUPS: readonly Group[] = [
  { name: 'core', heats: [core] },
  { name: 'plugins', heats: [plugins] },
  { name: 'aggregates', heats: [composed] },
  { name: 'bff', heats: [bff] },
  { name: 'bodies', heats: bodies },
  { name: 'tls', heats: [tls] },
  { name: 'http2', heats: [http2] },
  { name: 'routes', heats: [routes] },
  { name: 'log', heats: [log] },
  { name: 'tracing', heats: [tracing] },
];

const SUBJECTS: readonly Subject[] = [
  ...new Map(GROUPS.flatMap(({ heats }) => heats.flat()).map((each) => [each.name, each])).values(),
];
export const SUBJECT_NAMES: readonly string[] = SUBJECTS.map(({ name }) => name);
export const GROUP_NAMES: readonly string[] = GROUPS.map(({ name }) => name);

/**
 * @param words names of groups, `all` for all groups, and names of subjects, which run together as the group `chosen`
 * @throws {RangeError} naming the words that are neither
 */
export function choose(words: readonly string[]): Group[] {
  const unknown = words.filter(
    (word) => word !== 'all' && !GROUP_NAMES.includes(word) && !SUBJECT_NAMES.includes(word),
  );
  if (unknown.length > 0) {
    throw new RangeError(
      `--only: no group or subject "${unknown.join('", "')}" (groups: all, ${GROUP_NAMES.join(', ')}; subjects: ${SUBJECT_NAMES.join(', ')})`,
    );
  }
  const groups = GROUPS.filter(({ name }) => words.includes('all') || words.includes(name));
  const chosen = SUBJECTS.filter(({ name }) => words.includes(name));
  return chosen.length === 0 ? groups : [...groups, { name: 'chosen', heats: [chosen] }];
}
