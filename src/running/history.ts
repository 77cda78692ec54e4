/**
 * The last generations, each with the texts of its config, so that the gateway can go back to one of them. They are in
 * memory alone: what an operator has written into a config may be a secret.
 */
import type { Snapshot } from '../config/yaml/source.ts';
import type { Digests } from './file-content.ts';

/** What asked for a reload. */
export type ReloadCause = 'files' | 'signal' | 'admin';

/** What a generation came from. */
export type Cause = 'start' | ReloadCause | `rollback to ${number}`;

export interface PastGeneration {
  readonly number: number;
  /** When it began to serve, in ISO 8601. */
  readonly at: string;
  readonly cause: Cause;
  /** What changed with it, in words. */
  readonly changes: readonly string[];
  /** The generation whose config it has: its own number, unless the gateway went back. */
  readonly configOf: number;
  readonly snapshot: Snapshot;
  /** What the files that it names held. */
  readonly outside: Digests;
  /** See {@link configHash}. */
  readonly hash: string;
}

/** So many are kept, the one that serves included. */
const KEPT = 10;

export class History {
  /** Oldest first. */
  #all: readonly PastGeneration[] = [];

  /** Newest first. */
  get all(): readonly PastGeneration[] {
    return this.#all.toReversed();
  }

  /** The one that serves. */
  get current(): PastGeneration {
    return this.#all.at(-1)!;
  }

  /** `undefined`: it has never been, or is no longer kept. */
  at(number: number): PastGeneration | undefined {
    return this.#all.find((each) => each.number === number);
  }

  add(generation: PastGeneration): void {
    const snapshot = sharing(generation.snapshot, this.#all.at(-1)?.snapshot);
    this.#all = [...this.#all, { ...generation, snapshot }].slice(-KEPT);
  }

  /**
   * The generation to go back to: `number`, or else the newest one with another config, from before the config that
   * serves. To go back twice leads two configs back, and not to where one came from.
   *
   * @throws {RollbackError} when there is none, or when it serves
   */
  target(number?: number): PastGeneration {
    const { current } = this;
    if (number === current.number) {
      throw new RollbackError('serving', `generation ${number} is the one that serves`);
    }
    const found = number === undefined ? this.#before(current) : this.at(number);
    if (found !== undefined) return found;
    const known = this.#all.map((each) => each.number).join(', ');
    const missing =
      number === undefined ? 'no generation with an earlier config' : `generation ${number} is not`;
    throw new RollbackError('unknown', `${missing} in memory (known: ${known})`);
  }

  #before({ configOf, snapshot }: PastGeneration): PastGeneration | undefined {
    return this.#all.findLast(
      (each) => each.number < configOf && !areEqual(each.snapshot, snapshot),
    );
  }
}

/** The gateway cannot go back there. */
export class RollbackError extends Error {
  override readonly name = 'RollbackError';
  readonly why: 'unknown' | 'serving';

  constructor(why: RollbackError['why'], message: string) {
    super(message);
    this.why = why;
  }
}

/** Do both hold the same texts? */
export const areEqual = (a: Snapshot, b: Snapshot): boolean =>
  a.texts.size === b.texts.size && [...a.texts].every(([path, text]) => b.texts.get(path) === text);

/** `snapshot` with the texts of `previous` where they are equal: each is kept once. */
function sharing(snapshot: Snapshot, previous: Snapshot | undefined): Snapshot {
  if (previous === undefined) return snapshot;
  const shared = [...snapshot.texts].map(([path, text]): [string, string] => {
    const old = previous.texts.get(path);
    return [path, old === text ? old : text];
  });
  return { ...snapshot, texts: new Map(shared) };
}
