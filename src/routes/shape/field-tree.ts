/**
 * Fields of objects as a tree, so that one walk through a value handles all paths.
 *
 * A path goes through lists by itself, to each of their members: `items[].price` and `items.price` are the same
 * here. `*` is every name of an object.
 */
import { EVERY_MEMBER, EVERY_NAME, type MemberStep } from '../../core/member-path.ts';

/** A path with what it stands for. */
export type Leaf<T> = readonly [steps: readonly MemberStep[], value: T];

export interface FieldTree<T> {
  /** Of the path that ends here; of several, the last. */
  readonly end: T | undefined;
  /** Named fields, in the order in which they were written. */
  readonly names: ReadonlyMap<string, FieldTree<T>>;
  /** Any other field; absent if no path has a `*` here. */
  readonly every: FieldTree<T> | undefined;
}

type Field = string | typeof EVERY_NAME;

/** `undefined` values are not allowed: they mean that no path ends here. */
export const fieldTree = <T>(leaves: readonly Leaf<T>[]): FieldTree<T> =>
  build(leaves.map(([steps, value]) => [steps.filter(isField), value]));

const isField = (step: MemberStep): step is Field => step !== EVERY_MEMBER;

function build<T>(leaves: readonly Leaf<T>[]): FieldTree<T> {
  const names = new Set(
    leaves.map(([[first]]) => first).filter((first) => typeof first === 'string'),
  );
  const starred = leaves.some(([[first]]) => first === EVERY_NAME);
  return {
    end: leaves.findLast(([steps]) => steps.length === 0)?.[1],
    // What is said of every field holds for the named ones too.
    names: new Map([...names].map((name) => [name, build(below(leaves, name))])),
    every: starred ? build(below(leaves)) : undefined,
  };
}

function below<T>(leaves: readonly Leaf<T>[], name?: string): Leaf<T>[] {
  return leaves
    .filter(([[first]]) => first === EVERY_NAME || (name !== undefined && first === name))
    .map(([[, ...rest], value]) => [rest, value]);
}

/** The subtree of a field. */
export const fieldOf = <T>(tree: FieldTree<T>, name: string): FieldTree<T> | undefined =>
  tree.names.get(name) ?? tree.every;
