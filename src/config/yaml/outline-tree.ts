/** The values of an outline as plain maps and lists. */
import { childrenOf, mergeSources, resolved } from './outline-path.ts';
import { KIND, MERGE_KEY, type Outline } from './outline.ts';
import type { Tree } from './tree.ts';

/** Stands for a value that turned out to be empty, until its map is whole. */
const ABSENT = Symbol('absent');

/** So deep members are made one by one: the routes are, and what lies in one is not. */
const STEP_DEPTH = 2;

/** The value of the whole file; it may be interrupted wherever it yields. */
export function treeOf(outline: Outline): Generator<undefined, unknown> {
  return new TreeMaker(outline).make();
}

class TreeMaker {
  readonly #outline: Outline;
  /** What aliases stand for is made once. */
  readonly #targets: ReadonlySet<number>;
  readonly #made = new Map<number, unknown>();

  constructor(outline: Outline) {
    this.#outline = outline;
    const { kinds, refs } = outline;
    this.#targets = new Set(refs.filter((_ref, node) => kinds[node] === KIND.alias));
  }

  *make(): Generator<undefined, unknown> {
    const whole = yield* this.#inSteps(0, STEP_DEPTH);
    return whole === ABSENT ? null : whole;
  }

  *#inSteps(node: number, depth: number): Generator<undefined, unknown> {
    if (depth === 0 || this.#outline.kinds[node] !== KIND.map) return this.#valueOf(node);
    const map = this.#noted(node, {});
    for (const child of childrenOf(this.#outline, node)) {
      if (this.#outline.keys[child] === MERGE_KEY) this.#merge(map, child);
      else put(map, this.#keyOf(child), yield* this.#inSteps(child, depth - 1));
      yield;
    }
    return withoutAbsent(map);
  }

  #valueOf(node: number): unknown {
    const { kinds, refs, values } = this.#outline;
    switch (kinds[node]) {
      case KIND.map:
        return withoutAbsent(this.#filled(this.#noted(node, {}), node));
      case KIND.list: {
        const list = this.#noted(node, [] as unknown[]);
        for (const child of childrenOf(this.#outline, node)) {
          const value = this.#valueOf(child);
          list.push(value === ABSENT ? '' : value);
        }
        return list;
      }
      case KIND.alias: {
        const target = refs[node]!;
        return this.#made.has(target) ? this.#made.get(target) : this.#valueOf(target);
      }
      case KIND.absent:
        return ABSENT;
      default:
        return values[refs[node]!];
    }
  }

  #filled(map: Tree, node: number): Tree {
    for (const child of childrenOf(this.#outline, node)) {
      if (this.#outline.keys[child] === MERGE_KEY) this.#merge(map, child);
      else put(map, this.#keyOf(child), this.#valueOf(child));
    }
    return map;
  }

  /** Adds what is not there yet; a key that is written later replaces it. */
  #merge(map: Tree, node: number): void {
    for (const source of mergeSources(this.#outline, node)) {
      const merged = this.#filled({}, resolved(this.#outline, source));
      for (const [key, value] of Object.entries(merged)) {
        if (!Object.hasOwn(map, key)) put(map, key, value);
      }
    }
  }

  #noted<T>(node: number, value: T): T {
    if (this.#targets.has(node)) this.#made.set(node, value);
    return value;
  }

  #keyOf(node: number): string {
    return this.#outline.keyTexts[this.#outline.keys[node]!]!;
  }
}

/** Sets a key of its own, whatever every map has by this name. */
function put(map: Tree, key: string, value: unknown): void {
  if (!(key in map)) map[key] = value;
  else {
    const own = { value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(map, key, own);
  }
}

function withoutAbsent(map: Tree): Tree {
  for (const key in map) if (map[key] === ABSENT) delete map[key];
  return map;
}
