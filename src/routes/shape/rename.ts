/**
 * Gives fields of a JSON value other names: `rename: { customer_id: customerId, "items[].sku": id }`.
 *
 * All at once: paths have the names as they came, and two fields can swap theirs. A field keeps its place. One
 * that has the new name already is replaced.
 */
import { parseMemberPath } from '../../core/member-path.ts';
import { isContainer } from '../../core/value-path.ts';
import { fieldOf, type FieldTree, fieldTree } from './field-tree.ts';
import type { Shaper } from './pick.ts';

/** Renames in each member of a list. */
export function compileRename(names: Readonly<Record<string, string>>): Shaper {
  const tree = fieldTree(Object.entries(names).map(([from, to]) => [parseMemberPath(from), to]));
  return (value) => renamed(value, tree);
}

function renamed(value: unknown, tree: FieldTree<string>): unknown {
  if (Array.isArray(value)) return value.map((member) => renamed(member, tree));
  if (!isContainer(value)) return value;
  const taken = new Set<string>();
  for (const [name, { end }] of tree.names) {
    if (end !== undefined && Object.hasOwn(value, name)) taken.add(end);
  }
  const out: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const below = fieldOf(tree, name);
    if (below?.end === undefined && taken.has(name)) continue;
    out[below?.end ?? name] = below === undefined ? value[name] : renamed(value[name], below);
  }
  return out;
}
