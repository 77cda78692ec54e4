/** Keeps some fields of a JSON value: `pick: [status, card.last4]`. */

type Selection = Map<string, Selection | true>;
export type Pick = (value: unknown) => unknown;

/** Lists are picked from member by member; fields that are absent stay absent. */
export function compilePick(fields: readonly string[]): Pick {
  const selection: Selection = new Map();
  for (const field of fields) add(selection, field.split('.'));
  return (value) => select(value, selection);
}

function add(selection: Selection, [name = '', ...rest]: readonly string[]): void {
  const known = selection.get(name);
  // The whole of a field includes any part of it.
  if (rest.length === 0) selection.set(name, true);
  else if (known !== true) {
    const below = known ?? new Map<string, never>();
    selection.set(name, below);
    add(below, rest);
  }
}

function select(value: unknown, selection: Selection): unknown {
  if (Array.isArray(value)) return value.map((member) => select(member, selection));
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [name, below] of selection) {
    if (!Object.hasOwn(value, name)) continue;
    const member = (value as Record<string, unknown>)[name];
    out[name] = below === true ? member : select(member, below);
  }
  return out;
}
