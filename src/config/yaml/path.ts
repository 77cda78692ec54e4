/** Keys, merges and aliases of a YAML document, and the path of each of its nodes. */
import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
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

/**
 * Shows every node of `document` to `see`, keys included, from the top down, with those above it: `yaml`'s own
 * `visit` takes several times as long, for what may change nothing here.
 */
export function eachNode(
  { contents }: Document,
  see: (node: Node, ancestors: readonly unknown[], isKey: boolean) => void,
): void {
  const ancestors: unknown[] = [];
  const walk = (node: unknown, isKey: boolean): void => {
    if (!isNode(node)) return;
    see(node, ancestors, isKey);
    if (!isCollection(node)) return;
    ancestors.push(node);
    for (const item of node.items) {
      if (!isPair(item)) walk(item, false);
      else {
        ancestors.push(item);
        walk(item.key, true);
        walk(item.value, false);
        ancestors.pop();
      }
    }
    ancestors.pop();
  };
  walk(contents, false);
}

/** Every alias at once: one by one, each would search the whole document. */
export function aliasTargets(document: Document): Targets {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  eachNode(document, (node) => {
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
    } else if ('anchor' in node && node.anchor !== undefined) anchors.set(node.anchor, node);
  });
  return targets;
}

/** `node`, or what it is an alias of. */
export const resolveAlias = (node: unknown, targets: Targets): unknown =>
  isAlias(node) ? targets.get(node) : node;
