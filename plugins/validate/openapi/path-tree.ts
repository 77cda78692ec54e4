/**
 * Finds the operation for a path and a method. A text of a template goes before a parameter in its place, as OpenAPI has it
 * ("path templating"), unless only the other has the method: so most servers choose.
 */
import { decodedSegment, type Segment, segmentOf } from './segments.ts';

export interface PathEntry {
  /** In upper case. */
  readonly method: string;
  /** A template: `/orders/{id}`. */
  readonly path: string;
  /** The last parameter stands for all that follows. */
  readonly isOpen: boolean;
}

/** What a path asks for. */
export type Found<T> =
  | { readonly kind: 'found'; readonly entries: readonly T[] }
  /** There are only operations of these methods. */
  | { readonly kind: 'method'; readonly allow: readonly string[] }
  | { readonly kind: 'none' };

class Node<T> {
  readonly texts = new Map<string, Node<T>>();
  readonly mixed = new Map<string, { readonly segment: Segment; readonly node: Node<T> }>();
  parameter: Node<T> | undefined;
  /** Of operations whose paths end here, by method. */
  readonly ending = new Map<string, T[]>();
  /** Of operations for all that is below. */
  readonly open = new Map<string, T[]>();
}

export class PathTree<T extends PathEntry> {
  readonly #root = new Node<T>();

  add(entry: T): void {
    let node = this.#root;
    const written = entry.path.split('/').slice(1);
    for (const text of entry.isOpen ? written.slice(0, -1) : written) node = below(node, text);
    const leaf = entry.isOpen ? node.open : node.ending;
    leaf.set(entry.method, [...(leaf.get(entry.method) ?? []), entry]);
  }

  /** @param path canonical */
  find(method: string, path: string): Found<T> {
    const allow = new Set<string>();
    const segments = path.split('/').slice(1).map(decodedSegment);
    const entries = search(this.#root, segments, 0, method, allow);
    if (entries !== undefined) return { kind: 'found', entries };
    return allow.size === 0 ? { kind: 'none' } : { kind: 'method', allow: [...allow].toSorted() };
  }
}

function below<T>(node: Node<T>, text: string): Node<T> {
  const segment = segmentOf(text);
  if (segment.kind === 'parameter') return (node.parameter ??= new Node<T>());
  if (segment.kind === 'mixed') {
    const known = node.mixed.get(segment.shape) ?? { segment, node: new Node<T>() };
    node.mixed.set(segment.shape, known);
    return known.node;
  }
  const known = node.texts.get(segment.text) ?? new Node<T>();
  node.texts.set(segment.text, known);
  return known;
}

/** Each node is seen once at most: the way to it says which segments it is for. */
function search<T extends PathEntry>(
  node: Node<T>,
  segments: readonly string[],
  at: number,
  method: string,
  allow: Set<string>,
): readonly T[] | undefined {
  const segment = segments[at];
  const next = (one: Node<T> | undefined): readonly T[] | undefined =>
    one && search(one, segments, at + 1, method, allow);
  if (segment === undefined)
    return taken(node.ending, method, allow) ?? taken(node.open, method, allow);
  const exact = next(node.texts.get(segment));
  if (exact !== undefined) return exact;
  for (const { segment: shape, node: one } of node.mixed.values()) {
    const found = shape.valuesIn(segment) === undefined ? undefined : next(one);
    if (found !== undefined) return found;
  }
  // An empty segment is no value.
  return (segment === '' ? undefined : next(node.parameter)) ?? taken(node.open, method, allow);
}

function taken<T>(
  leaf: ReadonlyMap<string, readonly T[]>,
  method: string,
  allow: Set<string>,
): readonly T[] | undefined {
  const found = leaf.get(method) ?? (method === 'HEAD' ? leaf.get('GET') : undefined);
  if (found !== undefined) return found;
  for (const each of leaf.keys()) allow.add(each);
  if (leaf.has('GET')) allow.add('HEAD');
  return undefined;
}
