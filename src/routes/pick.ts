/**
 * Keeps some fields of a JSON value: `pick: [status, card.last4]`.
 *
 * Anything else is dropped. A string where an object was expected is dropped as well, because it may
 * contain what was to be hidden.
 */
import { isContainer, parseValuePath } from '../core/value-path.ts';

type Selection = Map<string, Selection | true>;

/** Returns `undefined` if no path led to anything. */
export type Pick = (value: unknown) => unknown;

/** Picks from each member of a list; absent fields stay absent. */
export function compilePick(fields: readonly string[]): Pick {
  const selection: Selection = new Map();
  for (const field of fields) add(selection, parseValuePath(field));
  return (value) => select(value, selection);
}

function add(selection: Selection, [name = '', ...rest]: readonly string[]): void {
  const known = selection.get(name);
  // A whole field includes every part of it.
  if (rest.length === 0) selection.set(name, true);
  else if (known !== true) {
    const below = known ?? new Map<string, never>();
    selection.set(name, below);
    add(below, rest);
  }
}

function select(value: unknown, selection: Selection): unknown {
  if (Array.isArray(value)) {
    const members: readonly unknown[] = value;
    return members.map((member) => select(member, selection)).filter(isThere);
  }
  if (!isContainer(value)) return undefined;
  const out: Record<string, unknown> = {};
  for (const [name, below] of selection) {
    if (!Object.hasOwn(value, name)) continue;
    const member = below === true ? value[name] : select(value[name], below);
    if (member !== undefined) out[name] = member;
  }
  return out;
}

const isThere = (value: unknown): boolean => value !== undefined;
