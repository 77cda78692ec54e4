/** A bare route behind TLS, by HTTP/1.1 and by HTTP/2. */
import { PROGRAMS } from '../programs.ts';
import { floor } from './core.ts';
import { type Heat, job, portico, program, script } from './subject.ts';

const SECURE = job({ protocol: 'https', floor: 'floor-tls' });
const MULTIPLEXED = job({ protocol: 'h2', floor: 'floor-h2' });

export const tls: Heat = [
  floor,
  { name: 'floor-tls', server: script('floor-tls'), job: SECURE },
  { name: 'http-proxy-tls', server: script('http-proxy', { SECURE: 'https' }), job: SECURE },
  ...PROGRAMS.map((name) => ({ name: `${name}-tls`, server: program(name), job: SECURE })),
  { name: 'portico-tls', server: portico('portico-tls'), job: SECURE },
];

export const http2: Heat = [
  floor,
  { name: 'floor-h2', server: script('floor-h2'), job: MULTIPLEXED },
  { name: 'http-proxy-h2', server: script('http-proxy', { SECURE: 'h2' }), job: MULTIPLEXED },
  ...PROGRAMS.map((name) => ({ name: `${name}-h2`, server: program(name), job: MULTIPLEXED })),
  { name: 'portico-h2', server: portico('portico-tls'), job: MULTIPLEXED },
];
