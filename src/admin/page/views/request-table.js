/** Requests in a table, each with the way to its waterfall. */
import { h } from '../dom.js';
import { clock, counted, millis } from '../format.js';
import { badge, code, linkTo } from '../parts.js';
import { table } from '../table.js';
import { statusLevel } from './try-answer.js';

/** @import { RequestSummary } from '../../page-data.ts' */
/** @import { Page } from '../router.js' */
/** @import { Column } from '../table.js' */

/**
 * @param {Page} page
 * @returns {readonly Column<RequestSummary>[]}
 */
const columns = ({ now }) => [
  { title: 'Time', cell: ({ at }) => h('time', { datetime: at }, clock(at, now())), isWide: true },
  {
    title: 'Request',
    cell: (request) => [
      linkTo('requests', request.id, code(`${request.method} ${request.path}`)),
      h('div', { class: 'under' }, ...outcome(request)),
    ],
    isHeader: true,
  },
  { title: 'Route', cell: ({ route }) => linkTo('routes', route, route), isWide: true },
  { title: 'Status', cell: ({ status }) => badge(statusLevel(status), String(status)) },
  { title: 'Time taken', cell: ({ totalMs }) => millis(totalMs), isNumber: true },
];

/** @param {RequestSummary} request */
function outcome({ code: error, cause, attempts, missing, upstreams }) {
  return [
    error === undefined ? '' : h('strong', {}, `${error} `),
    [
      cause,
      upstreams.length > 0 && upstreams.join(', '),
      attempts > 1 && `${attempts} attempts`,
      missing > 0 && `${counted(missing, 'part')} missing`,
    ]
      .filter(Boolean)
      .join(' · '),
  ];
}

/**
 * @param {Page} page
 * @param {string} caption
 * @param {readonly RequestSummary[]} requests
 */
export const requestTable = (page, caption, requests) =>
  table({ caption, columns: columns(page), rows: requests, keyOf: ({ id }) => id });
