/** Upstreams in a table, a row each. */
import { circuitWords, targetWords } from '../upstream-alarms.js';
import { millis, percent, rate } from '../format.js';
import { badge, linkTo } from '../parts.js';
import { table } from '../table.js';

/** @import { UpstreamSnapshot } from '../../page-data.ts' */
/** @import { Column } from '../table.js' */

/** @type {readonly Column<UpstreamSnapshot>[]} */
const COLUMNS = [
  { title: 'Upstream', cell: ({ name }) => linkTo('upstreams', name, name), isHeader: true },
  { title: 'State', cell: stateBadge },
  { title: 'Calls', cell: ({ traffic }) => rate(traffic.requestsPerSecond), isNumber: true },
  {
    title: 'Failures',
    cell: ({ traffic: { requestsPerSecond, failuresPerSecond } }) =>
      percent(requestsPerSecond === 0 ? 0 : failuresPerSecond / requestsPerSecond),
    isNumber: true,
    isWide: true,
  },
  { title: 'p99', cell: ({ traffic }) => millis(traffic.latency?.p99Ms), isNumber: true },
];

/**
 * In a word: its circuit if that is not closed, or else its targets.
 *
 * @param {UpstreamSnapshot} upstream
 */
function stateBadge(upstream) {
  const [level, words] = circuitWords(upstream);
  if (level !== 'ok') return badge(level, words);
  const out = upstream.targets.filter((target) => targetWords(target)[0] !== 'ok');
  if (out.length === 0) return badge('ok', 'fine');
  return badge('warn', `${out.length} of ${upstream.targets.length} out`);
}

/** @param {readonly UpstreamSnapshot[]} upstreams */
export const upstreamRows = (upstreams) =>
  table({ caption: 'Upstreams', columns: COLUMNS, rows: upstreams, keyOf: ({ name }) => name });
