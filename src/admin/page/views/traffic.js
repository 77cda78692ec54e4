/** A table of routes with their traffic. */
import { h } from '../dom.js';
import { millis, percent, rate } from '../format.js';
import { linkTo } from '../parts.js';
import { table } from '../table.js';

/** @import { RouteTraffic, Traffic } from '../../page-data.ts' */
/** @import { Column } from '../table.js' */

/** @param {Traffic} traffic */
export const errorShare = ({ requestsPerSecond, errorsPerSecond }) =>
  requestsPerSecond === 0 ? 0 : errorsPerSecond / requestsPerSecond;

/** @param {Traffic} traffic */
const errorCell = (traffic) => {
  const share = errorShare(traffic);
  return h('span', { class: share > 0 ? 'failing' : 'faint' }, percent(share));
};

/**
 * The columns that tables of routes share.
 *
 * @type {readonly Column<Traffic>[]}
 */
export const TRAFFIC_COLUMNS = [
  {
    title: 'Requests',
    cell: ({ requestsPerSecond }) => rate(requestsPerSecond),
    by: ({ requestsPerSecond }) => requestsPerSecond,
    isNumber: true,
  },
  { title: 'Errors', cell: errorCell, by: errorShare, isNumber: true },
  {
    title: 'p50',
    cell: ({ latency }) => millis(latency?.p50Ms),
    by: ({ latency }) => latency?.p50Ms ?? 0,
    isNumber: true,
    isWide: true,
  },
  {
    title: 'p95',
    cell: ({ latency }) => millis(latency?.p95Ms),
    by: ({ latency }) => latency?.p95Ms ?? 0,
    isNumber: true,
    isWide: true,
  },
  {
    title: 'p99',
    cell: ({ latency }) => millis(latency?.p99Ms),
    by: ({ latency }) => latency?.p99Ms ?? 0,
    isNumber: true,
  },
];

/** @type {readonly Column<RouteTraffic>[]} */
const COLUMNS = [
  { title: 'Route', cell: ({ name }) => linkTo('routes', name, name), isHeader: true },
  ...TRAFFIC_COLUMNS,
];

/** @param {readonly RouteTraffic[]} routes */
export const trafficTable = (routes) =>
  table({
    caption: 'Routes by requests',
    columns: COLUMNS,
    rows: routes,
    keyOf: ({ name }) => name,
  });
