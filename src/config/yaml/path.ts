/** From a path in the config's tree to the nodes of the YAML document, and back. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
  visit,
} from 'yaml';
import type { Path } from '../fault.ts';

/** A key as the tree has it; `<<` for a merge. */
export function keyText(key: unknown): string {
  const value: unknown = isScalar(key) ? key.value : key;
  return typeof value === 'symbol' ? (value.description ?? '') : String(value);
}

/** A plain `<<`: what it refers to becomes part of its map. */
export const isMergeKey = (key: unknown): boolean =>
  isScalar(key) && key.type === Scalar.PLAIN && keyText(key) === '<<';

/** What merge keys bring into a map, as it is written there; the first one has the say. */
export const mergeSources = ({ value }: Pair): readonly unknown[] =>
  isSeq(value) ? value.items : [value];

/** The path of a node, from the nodes above it. */
export function pathOf(ancestors: readonly unknown[], node: unknown): Path {
  const path: (string | number)[] = [];
  ancestors.forEach((ancestor, i) => {
    if (isPair(ancestor)) path.push(keyText(ancestor.key));
    else if (isSeq(ancestor)) path.push(ancestor.items.indexOf(ancestors[i + 1] ?? node));
  });
  return path;
}

/** What each alias of a document stands for; absent for an anchor that does not stand before it. */
export type Targets = ReadonlyMap<Alias, Node>;

/** Every alias at once: one by one, each would search the whole document. */
export function aliasTargets(document: Document): Targets {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias(_key, alias) {
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
    Value(_key, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

/** `node`, or what it is an alias of. */
export const resolveAlias = (node: unknown, targets: Targets): unknown =>
  isAlias(node) ? targets.get(node) : node;

export interface Found {
  /** The last node on the path that exists. */
  readonly node: Node | undefined;
  readonly keyOffset: number | undefined;
  /** Absent where nothing is written, as after `key:`. */
  readonly valueOffset: number | undefined;
  /** How many parts of the path exist. */
  readonly depth: number;
}

/** Follows `path` through the nodes as far as it goes. */
export function findNode(document: Document, targets: Targets, path: Path): Found {
  let node: unknown = document.contents;
  let keyOffset: number | undefined;
  let depth = 0;
  for (const part of path) {
    node = resolveAlias(node, targets);
    if (isMap(node)) {
      const pair = findPair(targets, node.items, String(part));
      if (pair === undefined) break;
      keyOffset = (pair.key as Scalar).range?.[0];
      node = pair.value;
    } else if (isSeq(node)) {
      const child: unknown = node.items[Number(part)];
      if (child === undefined) break;
      node = child;
      keyOffset = (node as Node).range?.[0];
    } else break;
    depth += 1;
  }
  const found = (node ?? undefined) as Node | undefined;
  const [start, end] = found?.range ?? [];
  return { node: found, keyOffset, valueOffset: start === end ? undefined : start, depth };
}

/** As the tree is made: the last of equal keys, and own ones before merged ones. */
function findPair(targets: Targets, items: readonly Pair[], name: string): Pair | undefined {
  const own = items.findLast(({ key }) => !isMergeKey(key) && keyText(key) === name);
  if (own !== undefined) return own;
  for (const source of items.filter(({ key }) => isMergeKey(key)).flatMap(mergeSources)) {
    const node = resolveAlias(source, targets);
    const pair = isMap(node) ? findPair(targets, node.items, name) : undefined;
    if (pair !== undefined) return pair;
  }
  return undefined;
}
