/** Axes: from values to pixels, with round numbers as ticks. */

export interface Scale {
  /** From a value to its place. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Ticks at most. */
const TICKS = 8;

/** From 0 to a round number that is not below `most`. */
export function linear(most: number, from: number, to: number): Scale {
  const step = roundUp(most / TICKS);
  const count = Math.max(1, Math.ceil(most / step));
  const ticks = Array.from({ length: count + 1 }, (_, i) => i * step);
  return { ticks, at: (value) => from + ((to - from) * value) / (step * count) };
}

/** Between the members of 1, 2, 5, 10 … that are next to the values. */
export function logarithmic(least: number, most: number, from: number, to: number): Scale {
  const ticks: number[] = [];
  for (let tick = roundDown(least); ; tick = roundUp(tick * 1.5)) {
    ticks.push(tick);
    if (tick >= most) break;
  }
  const [low, high] = [Math.log(ticks[0]!), Math.log(ticks.at(-1)! * 1.001)];
  return { ticks, at: (value) => from + ((to - from) * (Math.log(value) - low)) / (high - low) };
}

const STEPS = [1, 2, 5, 10] as const;

/** The least of … 0.1, 0.2, 0.5, 1, 2, 5 … that is not below `value`. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return tidy(power * STEPS.find((step) => step * power >= value * (1 - 1e-9))!);
}

function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return tidy(power * STEPS.findLast((step) => step * power <= value * (1 + 1e-9))!);
}

/** Without the error of binary fractions: 0.30000000000000004 is 0.3. */
const tidy = (value: number): number => Number(value.toPrecision(12));

/** As an axis shows it. */
export const label = (tick: number): string => String(tidy(tick));
