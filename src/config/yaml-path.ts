/** From a path in the config's tree to the nodes of the YAML document, and back. */
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
} from 'yaml';
import type { Path } from './fault.ts';

/** The path of a scalar, from the nodes above it. */
export function pathOf(
  ancestors: readonly unknown[],
  node: Node,
  key: number | string | null,
): Path {
  const path: (string | number)[] = [];
  ancestors.forEach((ancestor, i) => {
    if (isPair(ancestor)) path.push(String((ancestor.key as Scalar).value));
    else if (isSeq(ancestor)) {
      const child = ancestors[i + 1] ?? node;
      path.push(child === node && typeof key === 'number' ? key : ancestor.items.indexOf(child));
    }
  });
  return path;
}

export interface Found {
  readonly keyOffset: number | undefined;
  readonly valueOffset: number | undefined;
  /** How many parts of the path exist. */
  readonly depth: number;
}

/** Follows `path` through the nodes as far as it goes. */
export function findNode(document: Document, path: Path): Found {
  let node: unknown = document.contents;
  let keyOffset: number | undefined;
  let depth = 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = findPair(document, node.items, String(part));
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
  return { keyOffset, valueOffset: (node as Node | null)?.range?.[0], depth };
}

function findPair(document: Document, items: readonly Pair[], name: string): Pair | undefined {
  const own = items.find((pair) => String((pair.key as Scalar).value) === name);
  if (own !== undefined) return own;
  const merges = items.filter((pair) => String((pair.key as Scalar).value) === '<<');
  for (const { value } of merges) {
    const sources = isSeq(value) ? value.items : [value];
    for (const source of sources) {
      const node = isAlias(source) ? source.resolve(document) : source;
      const pair = isMap(node) ? findPair(document, node.items, name) : undefined;
      if (pair !== undefined) return pair;
    }
  }
  return undefined;
}
