/** A risk that a change brings, and how several of one kind become one. */
import { SEVERITIES, type Severity } from '../config/audit/audit.ts';
import { formatPath, type Path } from '../config/fault.ts';
import type { Place, Side } from './side.ts';

/** A risk before anybody knows its places. */
export interface FoundRisk {
  readonly rule: string;
  readonly severity: Severity;
  readonly path: Path;
  /** Where it was before, if not at `path`. */
  readonly pathBefore?: Path;
  readonly message: string;
}

export interface Risk {
  readonly rule: string;
  readonly severity: Severity;
  /** Of the config: `routes.orders.jwt`. */
  readonly paths: readonly string[];
  readonly message: string;
  readonly before: Place;
  /** Of the first path. */
  readonly after: Place;
}

/** The worst first, then in the order of the files; one from a default is told once for all its routes. */
export function placedRisks(
  found: Iterable<FoundRisk>,
  before: Side,
  after: Side,
): readonly Risk[] {
  const placed = [...found].map(({ rule, severity, path, pathBefore = path, message }) => ({
    rule,
    severity,
    path: formatPath(path),
    message: hidden(message, [before, pathBefore], [after, path]),
    before: before.placeOf(pathBefore),
    after: after.placeOf(path),
  }));
  const groups = Map.groupBy(placed, ({ path: _path, after: _after, ...rest }) =>
    JSON.stringify(rest),
  );
  return [...groups.values()]
    .map((group) => {
      const { path: _path, ...first } = group[0]!;
      return { ...first, paths: group.map(({ path }) => path) };
    })
    .toSorted((a, b) => rankOf(a) - rankOf(b));
}

const rankOf = ({ severity }: Risk): number => SEVERITIES.indexOf(severity);

type At = readonly [side: Side, path: Path];

/** Values from outside are not shown; where those of both sides share a piece, hiding one would lay the other bare. */
function hidden(message: string, before: At, after: At): string {
  const hide = (text: string, [side, path]: At): string => side.hide(path, text);
  const one = hide(hide(message, before), after);
  return one === hide(hide(message, after), before)
    ? one
    : 'it admits more, or others: look at the values from outside';
}
