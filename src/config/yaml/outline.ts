/**
 * What is kept of a YAML file after parsing: its values, and where each of them is written.
 *
 * The parser's own nodes take a hundred times the memory, and cannot be passed between threads. Here a
 * node is an index into arrays of numbers; everything below it follows it, up to its end.
 */
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { isMergeKey, keyText, type Targets } from './path.ts';
import { ABSENT, type Expanded } from './placeholders.ts';

export type Plain = string | number | boolean | null;

/** What a node is. */
export const KIND = { scalar: 0, map: 1, list: 2, alias: 3, absent: 4 } as const;

/** In place of a key: of items of lists, and of what `<<` names. */
export const NO_KEY = -1;
export const MERGE_KEY = -2;

/** Nothing is written there. */
export const NOWHERE = -1;

export interface Outline {
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** The first node that does not lie below this one. */
  readonly ends: Int32Array<ArrayBuffer>;
  /** In its map: an index of {@link keyTexts}, or one of the above. */
  readonly keys: Int32Array<ArrayBuffer>;
  readonly keyOffsets: Int32Array<ArrayBuffer>;
  readonly offsets: Int32Array<ArrayBuffer>;
  /** Of a scalar, its index in {@link values}; of an alias, the node that it stands for. */
  readonly refs: Int32Array<ArrayBuffer>;
  /** Each key once. */
  readonly keyTexts: readonly string[];
  /** Equal ones may be one. */
  readonly values: readonly Plain[];
  /** Offsets. */
  readonly lineStarts: number[];
  /** What was written, by the node whose value came from outside. */
  readonly outside: ReadonlyMap<number, string>;
  /** The text of values from outside that were taken for numbers or truth values, by their node. */
  readonly texts: ReadonlyMap<number, string>;
  /** Nodes that could not be read. */
  readonly unread: ReadonlySet<number>;
}

export interface OutlineSource extends Pick<Expanded, 'outside' | 'texts'> {
  readonly document: Document;
  readonly targets: Targets;
  readonly lineStarts: number[];
  readonly unread: ReadonlySet<unknown>;
}

/** The outline of a document that has passed `checkStructure`. */
export function outlineOf(source: OutlineSource): Outline {
  const outliner = new Outliner(source);
  outliner.add(source.document.contents, NO_KEY, NOWHERE);
  return outliner.outline();
}

class Outliner {
  readonly #source: OutlineSource;
  readonly #kinds: number[] = [];
  readonly #ends: number[] = [];
  readonly #keys: number[] = [];
  readonly #keyOffsets: number[] = [];
  readonly #offsets: number[] = [];
  readonly #refs: number[] = [];
  readonly #keyIds = new Map<string, number>();
  readonly #valueIds = new Map<Plain, number>();
  readonly #values: Plain[] = [];
  readonly #anchored = new Map<Node, number>();
  readonly #outside = new Map<number, string>();
  readonly #texts = new Map<number, string>();
  readonly #unread = new Set<number>();

  constructor(source: OutlineSource) {
    this.#source = source;
  }

  add(node: Node | null, key: number, keyOffset: number): void {
    const at = this.#kinds.length;
    const [start = NOWHERE, end = NOWHERE] = node?.range ?? [];
    this.#keys.push(key);
    this.#keyOffsets.push(keyOffset);
    this.#offsets.push(start === end ? NOWHERE : start);
    this.#refs.push(NOWHERE);
    this.#ends.push(at + 1);
    this.#kinds.push(KIND.scalar);
    if (node === null) this.#refs[at] = this.#valueId(null);
    else this.#describe(node, at);
    this.#ends[at] = this.#kinds.length;
  }

  #describe(node: Node, at: number): void {
    const { outside, texts, unread } = this.#source;
    const written = outside.get(node);
    if (written !== undefined) this.#outside.set(at, written);
    const text = texts.get(node);
    if (text !== undefined) this.#texts.set(at, text);
    if (unread.has(node)) this.#unread.add(at);
    if (isAlias(node)) this.#addAlias(node, at);
    else {
      if (node.anchor !== undefined) this.#anchored.set(node, at);
      if (isMap(node)) {
        this.#kinds[at] = KIND.map;
        for (const { key, value } of node.items) {
          const id = isMergeKey(key) ? MERGE_KEY : this.#keyId(keyText(key));
          this.add(value as Node | null, id, (key as Node).range?.[0] ?? NOWHERE);
        }
      } else if (isSeq(node)) {
        this.#kinds[at] = KIND.list;
        for (const item of node.items as Node[]) this.add(item, NO_KEY, item.range?.[0] ?? NOWHERE);
      } else if (isScalar(node)) this.#addScalar(node.value, at, written !== undefined);
    }
  }

  #addAlias(alias: Alias, at: number): void {
    const target = this.#source.targets.get(alias);
    // It stands before: checkStructure has taken out all others.
    const index = target && this.#anchored.get(target);
    if (index !== undefined) {
      this.#kinds[at] = KIND.alias;
      this.#refs[at] = index;
      // A key may have an anchor, and is no node.
    } else this.#addScalar(isScalar(target) ? target.value : null, at, false);
  }

  #addScalar(value: unknown, at: number, isOutside: boolean): void {
    if (value === ABSENT) this.#kinds[at] = KIND.absent;
    // One from outside may yet become the text that it was.
    else if (isOutside) this.#refs[at] = this.#values.push(value as Plain) - 1;
    else this.#refs[at] = this.#valueId(value as Plain);
  }

  #keyId(text: string): number {
    const known = this.#keyIds.get(text);
    if (known === undefined) this.#keyIds.set(text, this.#keyIds.size);
    return known ?? this.#keyIds.size - 1;
  }

  #valueId(value: Plain): number {
    const known = this.#valueIds.get(value);
    if (known !== undefined) return known;
    const id = this.#values.push(value) - 1;
    this.#valueIds.set(value, id);
    return id;
  }

  outline(): Outline {
    return {
      kinds: Uint8Array.from(this.#kinds),
      ends: Int32Array.from(this.#ends),
      keys: Int32Array.from(this.#keys),
      keyOffsets: Int32Array.from(this.#keyOffsets),
      offsets: Int32Array.from(this.#offsets),
      refs: Int32Array.from(this.#refs),
      keyTexts: [...this.#keyIds.keys()],
      values: this.#values,
      lineStarts: this.#source.lineStarts,
      outside: this.#outside,
      texts: this.#texts,
      unread: this.#unread,
    };
  }
}

/** What of `outline` a thread gives away, and does not copy. */
export const buffersOf = (outline: Outline): ArrayBuffer[] =>
  [
    outline.kinds,
    outline.ends,
    outline.keys,
    outline.keyOffsets,
    outline.offsets,
    outline.refs,
  ].map(({ buffer }) => buffer);
