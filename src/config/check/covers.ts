/** Whether one match takes every request that another would. */
import type { MatchConfig } from '../build/config.ts';
import type { Segment } from '../schema/path-pattern.ts';

/** Does `wide` match every request that `narrow` matches? Says no where it is not sure. */
export function covers(wide: MatchConfig, narrow: MatchConfig): boolean {
  if (wide.headers.length + wide.cookies.length + wide.query.length > 0) return false;
  return includesAll(wide, narrow) && coversPath(wide, narrow);
}

function coversPath(wide: MatchConfig, narrow: MatchConfig): boolean {
  if (wide.pathRegex !== undefined) return wide.pathRegex === narrow.pathRegex;
  if (wide.path === undefined) return true;
  if (narrow.path === undefined)
    return wide.path.kind === 'prefix' && wide.path.segments.length === 0;
  const { kind, segments } = wide.path;
  const inner = narrow.path.segments;
  if (kind === 'exact') {
    const { trailingSlash } = wide.path;
    if (narrow.path.kind !== 'exact' || inner.length !== segments.length) return false;
    if (narrow.path.trailingSlash !== trailingSlash) return false;
  }
  return segments.every((segment, i) => {
    const other = inner[i];
    if (other === undefined) return false;
    return segment.kind === 'parameter' || isSame(segment, other);
  });
}

const isSame = (segment: Segment, other: Segment): boolean =>
  segment.kind === 'literal' && other.kind === 'literal' && segment.text === other.text;

/** Does `wide` have every method and host of `narrow`? */
export function includesAll(wide: MatchConfig, narrow: MatchConfig): boolean {
  const includes = (
    outer: readonly string[] | undefined,
    inner: readonly string[] | undefined,
  ): boolean => outer === undefined || (inner?.every((each) => outer.includes(each)) ?? false);
  return includes(wide.methods, narrow.methods) && includes(wide.hosts, narrow.hosts);
}
