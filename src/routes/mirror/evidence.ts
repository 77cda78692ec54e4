/**
 * What comparing has shown so far: how many answers differ, where, and how long both sides take.
 *
 * It is counted in two blocks of `promote.minimum` comparisons, the current one and the one before, so that a fault
 * that has been repaired is forgotten after twice that many.
 */
import type { PromoteConfig } from '../../config/build/mirror.ts';
import { Latencies, type LatencyFigures } from '../../observe/latencies.ts';

/** The most fields that are told apart; further ones are `other`. */
const MOST_FIELDS = 100;
const OTHER = 'other';

class Block {
  compared = 0;
  different = 0;
  /** By field, in how many answers it differed. */
  readonly fields = new Map<string, number>();
  readonly primary = new Latencies();
  readonly mirror = new Latencies();
}

export interface EvidenceFigures {
  /** Comparisons that still count. */
  readonly compared: number;
  readonly different: number;
  /** Those that differ most often first. */
  readonly fields: readonly { readonly field: string; readonly answers: number }[];
  /** To the head of the answer; absent where none has been compared. */
  readonly primary?: LatencyFigures;
  readonly mirror?: LatencyFigures;
  readonly advice: Advice;
}

/** `promote`, or what speaks against it. */
export type Advice = 'promote' | `not yet: ${string}`;

export class Evidence {
  #before = new Block();
  #current = new Block();

  /** Counts one comparison; `fields` are those that differ, none if the answers are the same. */
  count(fields: readonly string[], { minimum }: Pick<PromoteConfig, 'minimum'>): void {
    this.#current.compared += 1;
    if (fields.length > 0) this.#current.different += 1;
    for (const field of new Set(fields)) {
      const { fields: known } = this.#current;
      const name = known.has(field) || known.size < MOST_FIELDS ? field : OTHER;
      known.set(name, (known.get(name) ?? 0) + 1);
    }
    if (this.#current.compared < minimum) return;
    this.#before = this.#current;
    this.#current = new Block();
  }

  /** Both sides have answered one request. */
  time(primaryMs: number, mirrorMs: number): void {
    this.#current.primary.add(primaryMs);
    this.#current.mirror.add(mirrorMs);
  }

  figures(promote: PromoteConfig, most: number): EvidenceFigures {
    const blocks = [this.#before, this.#current];
    const compared = sum(blocks.map((block) => block.compared));
    const different = sum(blocks.map((block) => block.different));
    const primary = Latencies.figuresOf(blocks.map((block) => block.primary));
    const mirror = Latencies.figuresOf(blocks.map((block) => block.mirror));
    return {
      compared,
      different,
      fields: worstFields(blocks).slice(0, most),
      ...(primary && { primary }),
      ...(mirror && { mirror }),
      advice: adviceOf(compared, different, promote),
    };
  }
}

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, each) => total + each, 0);

function worstFields(blocks: readonly Block[]): { field: string; answers: number }[] {
  const all = new Map<string, number>();
  for (const { fields } of blocks) {
    for (const [field, answers] of fields) all.set(field, (all.get(field) ?? 0) + answers);
  }
  return [...all]
    .map(([field, answers]) => ({ field, answers }))
    .toSorted((one, other) => other.answers - one.answers);
}

function adviceOf(
  compared: number,
  different: number,
  { minimum, mismatches }: PromoteConfig,
): Advice {
  if (compared < minimum) return `not yet: ${compared} of ${minimum} compared`;
  const share = different / compared;
  if (share <= mismatches) return 'promote';
  return `not yet: ${percentText(share)} differ, and ${percentText(mismatches)} may`;
}

/** `0.125%` */
const percentText = (share: number): string => `${Number((share * 100).toPrecision(3))}%`;
