/** Leads member paths through a JSON value, to the containers that hold what a path ends in. */
import { EVERY_MEMBER, EVERY_NAME, isContainer, type MemberStep } from 'portico';

/** An object or a list that was read for editing. */
export type Holder = Record<string | number, unknown>;

export interface Walk {
  /** Called with each holder and the name or index in it, of a list from its end; the member may be absent. */
  readonly at: (holder: Holder, key: string | number) => void;
  /** Makes objects that are absent or `null` on the way. */
  readonly makes: boolean;
  /** Called where the path needs an object or a list, and something else is there. */
  readonly misfit: () => void;
}

export function walk(value: unknown, [step, ...rest]: readonly MemberStep[], walker: Walk): void {
  const keys = keysFor(value, step!);
  if (keys === undefined) {
    walker.misfit();
    return;
  }
  // There are keys only of what is an object or a list.
  const holder = value as Holder;
  for (const key of keys) {
    if (rest.length === 0) walker.at(holder, key);
    else {
      const next = Object.hasOwn(holder, key) ? holder[key] : undefined;
      if (next !== undefined && next !== null) walk(next, rest, walker);
      else if (walker.makes && typeof rest[0] === 'string') {
        walk((holder[key] = {}), rest, walker);
      }
    }
  }
}

/** The names or indices that `step` stands for; `undefined`: the value has no such things. */
function keysFor(value: unknown, step: MemberStep): readonly (string | number)[] | undefined {
  if (step === EVERY_MEMBER) {
    return Array.isArray(value) ? [...value.keys()].toReversed() : undefined;
  }
  if (!isContainer(value) || Array.isArray(value)) return undefined;
  return step === EVERY_NAME ? Object.keys(value) : [step];
}
