/** Which parts of an aggregate wait for which, by their places in the list. */
import { dependenciesOf, usedBy } from './aggregate-references.ts';
import { askedParts } from './aggregate-when.ts';
import type { PartConfig } from './aggregate-schema.ts';

export interface Edges {
  /** The parts that must be over before it, and those that wait for it. */
  readonly needs: readonly number[];
  readonly neededBy: readonly number[];
  /** Of those it needs, the ones whose values it is filled with, and those that its condition asks about. */
  readonly uses: readonly number[];
  readonly asks: readonly number[];
  /** Whether it is called is known only once all that it needs are over. */
  readonly isUnsure: boolean;
}

/** The edges of each part. @throws never: the config was checked, and has no cycle */
export function graphOf(parts: readonly PartConfig[]): readonly Edges[] {
  const names = parts.map(({ name }) => name);
  const known = new Set(names);
  const placesOf = (found: ReadonlySet<string>) => [...found].map((name) => names.indexOf(name));
  const needs = parts.map((part) => placesOf(dependenciesOf(part, known)));
  const uses = parts.map((part) => placesOf(usedBy(part, known)));
  /** It may be that the part is not called. */
  const isOptional = (at: number): boolean =>
    parts[at]!.when !== undefined || uses[at]!.some(isOptional);
  return parts.map(({ when }, i) => ({
    needs: needs[i]!,
    neededBy: names.flatMap((_, other) => (needs[other]!.includes(i) ? [other] : [])),
    uses: uses[i]!,
    asks: placesOf(new Set(askedParts(when).map(({ part }) => part))),
    isUnsure: needs[i]!.some(isOptional) || when?.parts !== undefined,
  }));
}
