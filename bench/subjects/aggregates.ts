/** Answers composed of several: by Portico, at the lowest cost on Node, and as one would write them by hand. */
import { aggregates, floor, THREE_PARTS } from './core.ts';
import { ANSWERED, type Heat, job, portico, script } from './subject.ts';

const FIVE = ['order', 'payment', 'inventory', 'customer', 'shipment'];
const FIVE_PARTS = job({
  path: '/api/five/42',
  floor: 'floor-aggregate-5',
  expected: { body: { json: Object.fromEntries(FIVE.map((name) => [name, ANSWERED])) } },
});
/** As configs/page.ts composes it from three times {@link ANSWERED}. */
export const PAGE = {
  id: '42',
  total: 129.9,
  skus: ['KB-87-DE', 'CBL-USB-C-2M'],
  payment: 'shipped',
  reservation: 'shipped',
};

export const composed: Heat = [
  floor,
  ...aggregates,
  { name: 'fetch-aggregate', server: script('aggregate-fetch'), job: THREE_PARTS },
  { name: 'request-aggregate', server: script('aggregate-request'), job: THREE_PARTS },
  {
    name: 'floor-aggregate-5',
    server: script('floor-aggregate', { PARTS: FIVE.join(',') }),
    job: FIVE_PARTS,
  },
  { name: 'portico-aggregate-5', server: portico('portico-aggregate'), job: FIVE_PARTS },
  {
    name: 'portico-page',
    server: portico('portico-page'),
    job: job({ path: '/page/42', floor: 'floor-aggregate', expected: { body: { json: PAGE } } }),
  },
];
