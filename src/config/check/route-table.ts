/** The matches of all routes, as the checks of a route table compare them. */
import type { MatchConfig } from '../build/config.ts';
import type { Path } from '../fault.ts';
import type { Segment } from '../schema/path-pattern.ts';

export interface TableEntry {
  readonly route: string;
  readonly priority: number;
  /** Where it stands. */
  readonly at: Path;
  /** Among all matches of the file. */
  readonly position: number;
  readonly match: MatchConfig;
  readonly print: Fingerprint;
}

/** Texts that are equal where no request can tell two matches apart. */
export interface Fingerprint {
  /** By their methods. */
  readonly methods: string;
  /** By path and hosts. */
  readonly place: string;
  /** By everything except the methods. */
  readonly rest: string;
}

export function fingerprint(match: MatchConfig): Fingerprint {
  const { methods, hosts, headers, cookies, query } = match;
  const place = JSON.stringify([pathText(match), sorted(hosts)]);
  return {
    methods: JSON.stringify(sorted(methods) ?? ''),
    place,
    rest: JSON.stringify([place, ...[headers, cookies, query].map(sorted)]),
  };
}

const sorted = (values: readonly unknown[] | undefined): unknown =>
  values?.map((value) => JSON.stringify(value)).toSorted();

function pathText({ path, pathRegex = '' }: MatchConfig): string {
  if (path === undefined) return pathRegex;
  return `${path.kind} ${path.segments.map(segmentText).join('/')} ${path.trailingSlash}`;
}

/** Names of parameters make no difference. */
const segmentText = (segment: Segment): string =>
  segment.kind === 'literal' ? segment.text : '{}';
