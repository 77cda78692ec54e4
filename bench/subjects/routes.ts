/** What a large table of routes costs, and what the access log does. */
import { bare, floor, FORWARDED } from './core.ts';
import { type Heat, portico } from './subject.ts';

export const routes: Heat = [
  floor,
  bare,
  ...[1_000, 10_000].map((count) => ({
    name: `portico-${count}-routes`,
    server: { kind: 'routes', count } as const,
    job: FORWARDED,
  })),
];

export const log: Heat = [
  floor,
  bare,
  { name: 'portico-log', server: portico('portico-log', 'file'), job: FORWARDED },
];
