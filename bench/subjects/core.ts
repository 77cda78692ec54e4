/** What every run measures: one forwarded route, everything on, and an aggregate of three. */
import { PROGRAMS } from '../programs.ts';
import { ANSWERED, FLOOR, type Heat, job, portico, program, script } from './subject.ts';

export const FORWARDED = job();
export const THREE_PARTS = job({
  floor: 'floor-aggregate',
  expected: { body: { json: { order: ANSWERED, payment: ANSWERED, inventory: ANSWERED } } },
});
const ALL_ON = job({ expected: { fields: ['ratelimit'], credential: 'authorization' } });

export const floor = { name: FLOOR, server: script('floor'), job: FORWARDED };
export const httpProxy = { name: 'http-proxy', server: script('http-proxy'), job: FORWARDED };
export const bare = { name: 'portico-bare', server: portico('portico-bare'), job: FORWARDED };
export const aggregates = [
  {
    name: 'floor-aggregate',
    server: script('floor-aggregate', { PARTS: 'order,payment,inventory' }),
    job: THREE_PARTS,
  },
  { name: 'portico-aggregate', server: portico('portico-aggregate'), job: THREE_PARTS },
];

export const core: Heat = [
  floor,
  httpProxy,
  ...PROGRAMS.map((name) => ({ name, server: program(name), job: FORWARDED })),
  bare,
  { name: 'portico-all', server: portico('portico-all'), job: ALL_ON },
  ...aggregates,
];
