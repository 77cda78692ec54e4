/** Each built-in plugin alone on a bare route: what does its key cost? */
import { bare, floor } from './core.ts';
import { type Heat, type Job, job, portico, type Subject } from './subject.ts';

/** The key whose hash is in configs/plugins.yaml. */
const API_KEY = 'bench-key-3f0c9a71d25e';

const alone = (name: string, changes: Parameters<typeof job>[0] = {}): Subject => ({
  name: `portico-${name}`,
  server: portico('plugins'),
  job: pathOf(name, job(changes)),
});
const pathOf = (name: string, each: Job): Job => ({ ...each, path: `/${name}/42` });

const keyed = {
  headers: { 'x-api-key': API_KEY },
  expected: { credential: 'x-api-key' },
};

export const plugins: Heat = [
  floor,
  bare,
  alone('jwt', { expected: { credential: 'authorization' } }),
  alone('rate-limit', { expected: { fields: ['ratelimit'] } }),
  alone('api-key', keyed),
  alone('authorize', keyed),
  alone('ip'),
  alone('cors', {
    headers: { origin: 'https://shop.example.com' },
    expected: { fields: ['access-control-allow-origin'] },
  }),
  alone('headers', { expected: { fields: ['x-bench'] } }),
  alone('security-headers', { expected: { fields: ['x-content-type-options'] } }),
  alone('validate'),
];
