/** Leaves out some fields of a JSON value: `omit: [internal, "items[].cost"]`. Anything else stays. */
import { parseMemberPath } from '../../core/member-path.ts';
import { isContainer } from '../../core/value-path.ts';
import { fieldOf, type FieldTree, fieldTree } from './field-tree.ts';
import type { Shaper } from './pick.ts';

/** Leaves them out of each member of a list. */
export function compileOmit(fields: readonly string[]): Shaper {
  const tree = fieldTree<true>(fields.map((field) => [parseMemberPath(field), true]));
  return (value) => without(value, tree);
}

function without(value: unknown, tree: FieldTree<true>): unknown {
  if (Array.isArray(value)) return value.map((member) => without(member, tree));
  if (!isContainer(value)) return value;
  const out: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const below = fieldOf(tree, name);
    if (below === undefined) out[name] = value[name];
    else if (below.end === undefined) out[name] = without(value[name], below);
  }
  return out;
}
