/**
 * The places of a config, compiled into a tree that is walked along with the values.
 *
 * At most a few nodes apply at one place: a name and `*` may both lead to it.
 */
import type { ComparedPlaces } from '../../config/build/mirror.ts';
import { EVERY_MEMBER, EVERY_NAME, type MemberStep } from '../../core/member-path.ts';

/** What is said of one place, and of the places below it. */
interface Node {
  readonly below: Map<MemberStep, Node>;
  isIgnored: boolean;
  isUnordered: boolean;
  isDate: boolean;
  tolerance: number | undefined;
}

/** The nodes that apply at one place; mostly none. */
export class DiffRules {
  readonly #nodes: readonly Node[];

  private constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
  }

  /** At the root of a value. */
  static of({ ignore, tolerance, unordered, dates }: ComparedPlaces): DiffRules {
    const root = newNode();
    for (const place of ignore) nodeAt(root, place).isIgnored = true;
    for (const members of unordered) nodeAt(root, members.slice(0, -1)).isUnordered = true;
    for (const place of dates) nodeAt(root, place).isDate = true;
    for (const [place, by] of tolerance) nodeAt(root, place).tolerance = by;
    return new DiffRules([root]);
  }

  get isIgnored(): boolean {
    return this.#nodes.some((node) => node.isIgnored);
  }

  get isUnordered(): boolean {
    return this.#nodes.some((node) => node.isUnordered);
  }

  get isDate(): boolean {
    return this.#nodes.some((node) => node.isDate);
  }

  /** How much numbers may differ here; 0 where nothing is said. */
  get tolerance(): number {
    return Math.max(0, ...this.#nodes.map((node) => node.tolerance ?? 0));
  }

  /** Those of a member of a list. */
  member(): DiffRules {
    return this.#step(EVERY_MEMBER);
  }

  /** Those of the field `name` of an object. */
  field(name: string): DiffRules {
    return this.#step(name, EVERY_NAME);
  }

  #step(...steps: readonly MemberStep[]): DiffRules {
    if (this === NOTHING_SAID) return this;
    const nodes = this.#nodes.flatMap(({ below }) =>
      steps.flatMap((step) => below.get(step) ?? []),
    );
    return nodes.length === 0 ? NOTHING_SAID : new DiffRules(nodes);
  }

  static readonly none = new DiffRules([]);
}

const NOTHING_SAID = DiffRules.none;

const newNode = (): Node => ({
  below: new Map(),
  isIgnored: false,
  isUnordered: false,
  isDate: false,
  tolerance: undefined,
});

function nodeAt(root: Node, place: readonly MemberStep[]): Node {
  let node = root;
  for (const step of place) {
    const next = node.below.get(step) ?? newNode();
    node.below.set(step, next);
    node = next;
  }
  return node;
}
