/**
 * What `request.gather` takes besides plain parts: lists of parts, and steps that depend on others; and
 * `optional`, which puts a value in the place of what fails.
 */
import { mustBePart, type Part } from './parts.ts';

/** Runs beside the parts of a gather; it may await them, and whatever it calls ends with the gather. */
export type Work<T> = () => PromiseLike<T> | T;

/** A step with a replacement if it fails. */
export class OptionalStep<T> {
  readonly work: Work<T>;
  readonly value: T;

  constructor(work: Work<T>, value: T) {
    this.work = work;
    this.value = value;
  }
}

export type Gatherable =
  Part<unknown> | Work<unknown> | OptionalStep<unknown> | readonly Part<unknown>[];

export type Gatherables = Readonly<Record<string, Gatherable>> | readonly Part<unknown>[];

type Gathered<G> =
  G extends Part<infer T>
    ? T
    : G extends OptionalStep<infer T>
      ? T
      : G extends () => infer R
        ? Awaited<R>
        : G extends readonly unknown[]
          ? GatheredAll<G>
          : never;

/** The values of what was gathered, in its shape. */
export type GatheredAll<G> = { -readonly [K in keyof G]: Gathered<G[K]> };

/**
 * The same part, or step of a gather, with a replacement if it fails: a value of its type, `null` or
 * `undefined`. It is then named in `Gateway-Degraded`.
 */
export function optional<T>(part: Part<T>, fallback: NoInfer<T>): Part<T>;
export function optional<T, F extends null | undefined>(part: Part<T>, fallback: F): Part<T | F>;
export function optional<T>(step: Work<T>, fallback: NoInfer<T>): OptionalStep<T>;
export function optional<T, F extends null | undefined>(
  step: Work<T>,
  fallback: F,
): OptionalStep<T | F>;
export function optional<T>(what: Part<T> | Work<T>, fallback: T): Part<T> | OptionalStep<T> {
  if (typeof what === 'function') return new OptionalStep(what, fallback);
  mustBePart('the part', what);
  return what.withFallback(fallback);
}
