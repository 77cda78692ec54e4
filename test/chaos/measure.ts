/** Loads, and what is made of the numbers they give. */

/** Runs `task` for 0 … `count` - 1, `concurrency` at a time, and gives what came of each. */
export async function inParallel<T>(
  count: number,
  concurrency: number,
  task: (i: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const i = next++;
      results[i] = await task(i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, concurrency) }, worker));
  return results;
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** The value below which this `share` of the values lies. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(Math.floor(values.length * share), values.length - 1)]!;

/** `CHAOS_REPORT=1` prints what was measured. */
export function report(what: string, measured: object): void {
  if (process.env['CHAOS_REPORT'] !== undefined) console.log(what, measured);
}
