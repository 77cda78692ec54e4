/** What tracing costs, by the share of requests that is sampled. */
import { bare, floor, FORWARDED } from './core.ts';
import type { Heat, Subject } from './subject.ts';

const traced = (name: string, sample: string): Subject => ({
  name,
  server: { kind: 'portico', config: 'portico-tracing', log: 'none', env: { SAMPLE: sample } },
  job: FORWARDED,
});

export const tracing: Heat = [
  floor,
  bare,
  traced('portico-unsampled', '0%'),
  traced('portico-traced-5', '5%'),
  traced('portico-traced', '100%'),
];
