/**
 * Keeps some fields of a JSON value: `pick: [status, card.last4, "items[].price"]`.
 *
 * Anything else is dropped. A string where an object was expected is dropped as well, because it may
 * contain what was to be hidden.
 */
import { parseMemberPath } from '../../core/member-path.ts';
import { isContainer } from '../../core/value-path.ts';
import { type FieldTree, fieldTree } from './field-tree.ts';

/** Returns `undefined` if nothing is left. Never changes the value that it is given. */
export type Shaper = (value: unknown) => unknown;

/** Picks from each member of a list; absent fields stay absent. */
export function compilePick(fields: readonly string[]): Shaper {
  const tree = fieldTree<true>(fields.map((field) => [parseMemberPath(field), true]));
  return (value) => select(value, tree);
}

/** What `tree` keeps of a value; `undefined` if nothing. */
export function select(value: unknown, tree: FieldTree<true>): unknown {
  // A whole field includes every part of it.
  if (tree.end !== undefined) return value;
  if (Array.isArray(value)) {
    const members: readonly unknown[] = value;
    return members.map((member) => select(member, tree)).filter(isThere);
  }
  if (!isContainer(value)) return undefined;
  const out: Record<string, unknown> = {};
  for (const [name, below] of tree.names) {
    if (Object.hasOwn(value, name)) keep(out, name, select(value[name], below));
  }
  if (tree.every === undefined) return out;
  for (const name of Object.keys(value)) {
    if (!tree.names.has(name)) keep(out, name, select(value[name], tree.every));
  }
  return out;
}

function keep(out: Record<string, unknown>, name: string, value: unknown): void {
  if (value !== undefined) out[name] = value;
}

const isThere = (value: unknown): boolean => value !== undefined;
