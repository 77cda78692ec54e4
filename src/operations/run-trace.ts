/** The traces of runs: each is a new one, linked to what it follows from. */
import { randomBytes } from 'node:crypto';
import type { RunTrace } from './engine.ts';

const FLAGS_AT = 53;

/** A trace that is sampled if that of `link`, a `traceparent`, is. */
export function followingTrace(link: string): RunTrace {
  const [trace, span] = [16, 8].map((bytes) => randomBytes(bytes).toString('hex'));
  return { parent: `00-${trace}-${span}-${link.slice(FLAGS_AT)}`, link };
}
