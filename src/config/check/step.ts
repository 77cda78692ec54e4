/** The steps of checks that look at every route: there may be ten thousand, and other work must get its turn. */
import { Slices } from '../../core/slices.ts';
import type { PathPatterns } from '../build/match.ts';
import type { Finding } from '../fault.ts';
import type { ParsedRoute } from '../schema/schema.ts';

/** A check may be interrupted where it yields this. */
export const PAUSE = undefined;

/** What a check yields: a finding, or a pause. */
export type Step = Finding | typeof PAUSE;

/** What is known of routes besides their trees, so that nothing is parsed twice. */
export interface TypedRoutes {
  /** Those that fit the schema, as it gave them. */
  readonly routes: ReadonlyMap<string, ParsedRoute>;
  readonly patterns: PathPatterns;
}

/** All findings of `steps`. */
export async function collected(steps: Iterable<Step>): Promise<Finding[]> {
  const findings: Finding[] = [];
  const slices = new Slices();
  for (const step of steps) {
    if (step === PAUSE) await slices.pause();
    else findings.push(step);
  }
  return findings;
}
