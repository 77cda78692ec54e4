/** What a BFF passes on: `app.forward`, beside the package that it registers. */
import { bare, floor, FORWARDED, httpProxy } from './core.ts';
import { type Heat, portico } from './subject.ts';

export const bff: Heat = [
  floor,
  httpProxy,
  bare,
  { name: 'portico-forward', server: portico('portico-forward'), job: FORWARDED },
];
