/** The rows of bench/regress: one for each path that a request can take through the gateway. */
import { ANSWERED, job, type Job } from '../subjects/subject.ts';
import { PAGE } from '../subjects/aggregates.ts';
import { FORWARDED } from '../subjects/core.ts';

/** A row is measured in a process with this config; rows with the same one share it. */
export type RowConfig = 'regress' | 'portico-tls' | 'portico-log' | 'routes';

export interface Row {
  readonly name: string;
  readonly config: RowConfig;
  readonly job: Job;
}

const row = (name: string, changes: Parameters<typeof job>[0]): Row => ({
  name,
  config: 'regress',
  job: job(changes),
});
const parts = (...names: readonly string[]) => ({
  expected: { body: { json: Object.fromEntries(names.map((name) => [name, ANSWERED])) } },
});

/** What every change of a request's path is measured by. */
export const CORE: readonly Row[] = [
  row('bare', { path: '/bare/42' }),
  row('everything on', { path: '/all/42' }),
  row('aggregate', { path: '/aggregate/42', ...parts('order', 'payment', 'inventory') }),
  row('page', { path: '/page/42', expected: { body: { json: PAGE } } }),
  row('upload of 10 KiB', { path: '/upload/42', method: 'POST', bodyBytes: 10_240 }),
];

const MORE: readonly Row[] = [
  row('download of 100 KiB', { path: '/api/bytes/102400', expected: { body: { bytes: 102_400 } } }),
  row('five parts', {
    path: '/five/42',
    ...parts('order', 'payment', 'inventory', 'customer', 'shipment'),
  }),
  { name: 'TLS', config: 'portico-tls', job: job({ protocol: 'https' }) },
  { name: 'access log', config: 'portico-log', job: FORWARDED },
  { name: '1000 routes', config: 'routes', job: FORWARDED },
];

export const ROWS: readonly Row[] = [...CORE, ...MORE];
