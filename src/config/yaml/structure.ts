/**
 * Finds what YAML allows but a config must not contain: duplicate keys, keys that are not text, aliases
 * of nothing or of themselves, tags.
 *
 * Each is removed from the document once it is reported, so that everything else can still be checked.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  type Node,
  type Pair,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Path } from '../fault.ts';
import {
  eachNode,
  isMergeKey,
  keyText,
  mergeSources,
  pathOf,
  resolveAlias,
  type Targets,
} from './path.ts';

/** Aliases may make a file this much longer; a "billion laughs" stops here. */
const MAX_VALUES = 100_000;

/** `!!str`, `!!int` and the like say what a value is already. */
const CORE_TAGS = /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/;

/** Deeper than any config, in nodes; what reads it calls itself for each level. */
const MAX_DEPTH = 200;

export interface StructureFault {
  readonly offset: number;
  readonly path: Path;
  readonly message: string;
}

export interface Structure {
  readonly faults: readonly StructureFault[];
  /** Nodes in place of what was removed. */
  readonly blanks: readonly Node[];
  /** The document may be turned into values. */
  readonly bounded: boolean;
}

/**
 * Checks `document`, which has no syntax errors, and takes out what is wrong.
 *
 * @param placeOf names an offset for a message
 */
export function checkStructure(
  document: Document,
  targets: Targets,
  placeOf: (offset: number) => string,
): Structure {
  const faults: StructureFault[] = [];
  const blanks: Node[] = [];
  let bounded = true;
  const report = (node: unknown, path: Path, message: string): void => {
    faults.push({ offset: (node as Node | null)?.range?.[0] ?? 0, path, message });
  };

  eachNode(document, (node, ancestors) => {
    if (!bounded || ancestors.length < MAX_DEPTH) return;
    bounded = false;
    report(node, pathOf(ancestors, node), 'is nested too deeply');
  });
  if (!bounded) return { faults, blanks, bounded };

  visit(document, {
    Map(_key, map, ancestors) {
      for (const [pair, first] of repeated(map)) {
        const path = [...pathOf(ancestors, map), keyText(pair.key)];
        report(pair.key, path, `defined twice: first at ${placeOf(first)}`);
      }
    },
    Pair(_key, pair, ancestors) {
      const [at, message] = isMergeKey(pair.key)
        ? mergeFault(targets, pair, ancestors)
        : [pair.key, keyFault(pair.key)];
      if (message === undefined) return undefined;
      report(at, pathOf(ancestors, pair), message);
      return visit.REMOVE;
    },
    Value(_key, node, ancestors) {
      if (node.tag === undefined || CORE_TAGS.test(node.tag)) return;
      report(node, pathOf(ancestors, node), `"${node.tag}": tags are not allowed`);
    },
    Alias(_key, alias, ancestors) {
      const message = aliasFault(targets, alias, ancestors);
      if (message === undefined) return undefined;
      report(alias, pathOf(ancestors, alias), message);
      const blank = new Scalar(null);
      blank.range = alias.range ?? null;
      blanks.push(blank);
      return blank;
    },
  });
  const excess = findExcess(document, targets);
  if (excess !== undefined) {
    const message = `aliases expand this file to more than ${MAX_VALUES} values: write it without them`;
    report(excess, [], message);
  }
  return { faults, blanks, bounded: excess === undefined };
}

/** Pairs whose key stood before in the same map, with the offset of the first one. */
function* repeated(map: YAMLMap): Generator<readonly [Pair, number]> {
  const seen = new Map<string, number>();
  for (const pair of map.items) {
    if (isMergeKey(pair.key) || keyFault(pair.key) !== undefined) continue;
    const text = keyText(pair.key);
    const first = seen.get(text);
    if (first !== undefined) yield [pair, first];
    else seen.set(text, (pair.key as Scalar).range?.[0] ?? 0);
  }
}

function keyFault(key: unknown): string | undefined {
  if (!isScalar(key) || key.value === null) return 'a key must be plain text';
  return key.value === '__proto__' ? '"__proto__" cannot be a key' : undefined;
}

function mergeFault(
  targets: Targets,
  pair: Pair,
  ancestors: readonly unknown[],
): readonly [unknown, string | undefined] {
  for (const source of mergeSources(pair)) {
    if (isAlias(source)) {
      const fault = aliasFault(targets, source, ancestors);
      if (fault !== undefined) return [source, fault];
    }
    if (!isMap(resolveAlias(source, targets)))
      return [source, 'only maps can be merged: << needs an alias of a map'];
  }
  return [pair.key, undefined];
}

function aliasFault(
  targets: Targets,
  alias: Alias,
  ancestors: readonly unknown[],
): string | undefined {
  const target = targets.get(alias);
  if (target === undefined) {
    const { source } = alias;
    return `no anchor &${source} before this: quote a value that starts with *, as in "*${source}"`;
  }
  return ancestors.includes(target)
    ? `*${alias.source} is inside the value it refers to`
    : undefined;
}

/** The alias at which the document, written out, becomes longer than a config may be. */
function findExcess(document: Document, targets: Targets): Alias | undefined {
  if (targets.size === 0) return undefined;
  const lengths = new Map<unknown, number>();
  const lengthOf = (node: unknown): number => {
    if (isAlias(node)) return lengthOf(targets.get(node));
    const known = lengths.get(node);
    if (known !== undefined) return known;
    const items = (node as { readonly items?: readonly unknown[] } | null)?.items ?? [];
    const length = items.reduce<number>((sum, item) => {
      const { value } = item as Pair;
      return sum + lengthOf(isMap(node) ? value : item);
    }, 1);
    lengths.set(node, length);
    return length;
  };
  let total = 0;
  let excess: Alias | undefined;
  visit(document, {
    Alias(_key, alias) {
      total += lengthOf(alias);
      if (total <= MAX_VALUES) return undefined;
      excess = alias;
      return visit.BREAK;
    },
  });
  return excess;
}
