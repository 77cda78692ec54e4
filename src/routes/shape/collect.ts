/** Finds the values that member paths lead to: for `unwrap` and `flatten`. */
import {
  EVERY_MEMBER,
  EVERY_NAME,
  type MemberStep,
  parseMemberPath,
} from '../../core/member-path.ts';
import { follow, isContainer } from '../../core/value-path.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Shaper } from './pick.ts';

/**
 * Takes what `text` leads to; a path with `[]` or `*` takes a list of everything that it leads to. An answer of
 * nothing stays nothing.
 *
 * @throws GW_UPSTREAM_INVALID, from the function, if a path without these leads nowhere
 */
export function compileUnwrap(text: string): Shaper {
  const steps = parseMemberPath(text);
  if (!isOnePlace(steps)) return (value) => (value === null ? null : collect(value, [steps]));
  return (value) => {
    if (value === null) return null;
    const found = follow(value, steps);
    if (found !== undefined) return found;
    throw new GatewayError('GW_UPSTREAM_INVALID', `the answer has no ${text}`);
  };
}

const isOnePlace = (steps: readonly MemberStep[]): steps is readonly string[] =>
  steps.every((step) => typeof step === 'string');

/**
 * Adds lists to an object, or to each object of a list: under each name, everything that its paths lead to. They see
 * the object as it came.
 */
export function compileFlatten(
  lists: Readonly<Record<string, string | readonly string[]>>,
): Shaper {
  const compiled = Object.entries(lists).map(
    ([name, paths]) => [name, [paths].flat().map(parseMemberPath)] as const,
  );
  const flattened = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(flattened);
    if (!isContainer(value)) return value;
    const out: Record<string, unknown> = { ...value };
    for (const [name, paths] of compiled) out[name] = collect(value, paths);
    return out;
  };
  return flattened;
}

/** Everything that the paths lead to, path by path, in the order of the lists. */
function collect(value: unknown, paths: readonly (readonly MemberStep[])[]): readonly unknown[] {
  const found: unknown[] = [];
  for (const steps of paths) add(found, value, steps, 0);
  return found;
}

function add(found: unknown[], value: unknown, steps: readonly MemberStep[], at: number): void {
  if (value === undefined || (value === null && at < steps.length)) return;
  const step = steps[at];
  if (step === undefined) found.push(value);
  else if (step === EVERY_MEMBER) {
    // Where a service writes a list of one as its only member, as those do whose answers began as XML.
    for (const member of asList(value)) add(found, member, steps, at + 1);
  } else if (step === EVERY_NAME) {
    if (!isContainer(value)) return;
    for (const member of Object.values(value)) add(found, member, steps, at + 1);
  } else add(found, follow(value, [step]), steps, at + 1);
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
