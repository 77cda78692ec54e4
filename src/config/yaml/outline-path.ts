/** Maps a path in the config's tree to the node of an outline, by the rules that build the tree. */
import type { Path } from '../fault.ts';
import { KIND, MERGE_KEY, NOWHERE, type Outline } from './outline.ts';

export interface Found {
  /** The last node on the path that exists. */
  readonly node: number;
  readonly keyOffset: number | undefined;
  /** Absent where nothing is written, as after `key:`. */
  readonly valueOffset: number | undefined;
  /** How many parts of the path exist. */
  readonly depth: number;
}

/** The nodes right below `node`. */
export function* childrenOf({ ends }: Outline, node: number): Generator<number> {
  for (let child = node + 1; child < ends[node]!; child = ends[child]!) yield child;
}

/** `node`, or what it is an alias of. */
export const resolved = ({ kinds, refs }: Outline, node: number): number =>
  kinds[node] === KIND.alias ? refs[node]! : node;

/** What a merge key brings into its map; the first one has the say. */
export const mergeSources = (outline: Outline, node: number): readonly number[] =>
  outline.kinds[node] === KIND.list ? [...childrenOf(outline, node)] : [node];

/** Follows `path` as far as it goes. */
export function findNode(outline: Outline, path: Path): Found {
  let node = 0;
  let keyOffset: number | undefined;
  let depth = 0;
  for (const part of path) {
    const child = childAt(outline, resolved(outline, node), part);
    if (child === undefined) break;
    node = child;
    keyOffset = written(outline.keyOffsets[node]!);
    depth += 1;
  }
  return { node, keyOffset, valueOffset: written(outline.offsets[node]!), depth };
}

const written = (offset: number): number | undefined => (offset === NOWHERE ? undefined : offset);

function childAt(outline: Outline, node: number, part: string | number): number | undefined {
  if (outline.kinds[node] === KIND.map) {
    const key = keyIds(outline).get(String(part));
    return key === undefined ? undefined : memberOf(outline, node, key);
  }
  if (outline.kinds[node] !== KIND.list) return undefined;
  let left = Number(part);
  for (const child of childrenOf(outline, node)) if (left-- === 0) return child;
  return undefined;
}

const known = new WeakMap<Outline, ReadonlyMap<string, number>>();

/** Made once for each outline, and only where somebody asks for a path. */
function keyIds(outline: Outline): ReadonlyMap<string, number> {
  let ids = known.get(outline);
  if (ids === undefined)
    known.set(outline, (ids = new Map(outline.keyTexts.map((key, i) => [key, i]))));
  return ids;
}

/** As the tree is made: the last of equal keys, and own ones before merged ones. */
function memberOf(outline: Outline, map: number, key: number): number | undefined {
  const { keys, kinds } = outline;
  let own: number | undefined;
  for (const child of childrenOf(outline, map)) if (keys[child] === key) own = child;
  if (own !== undefined) return own;
  for (const child of childrenOf(outline, map)) {
    if (keys[child] !== MERGE_KEY) continue;
    for (const source of mergeSources(outline, child)) {
      const merged = resolved(outline, source);
      const found = kinds[merged] === KIND.map ? memberOf(outline, merged, key) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** All scalars at `node` and below, those that aliases stand for included. */
export function* scalarsOf(outline: Outline, node: number): Generator<number> {
  const kind = outline.kinds[node];
  if (kind === KIND.alias) yield* scalarsOf(outline, outline.refs[node]!);
  else if (kind === KIND.map || kind === KIND.list) {
    for (const child of childrenOf(outline, node)) yield* scalarsOf(outline, child);
  } else yield node;
}
