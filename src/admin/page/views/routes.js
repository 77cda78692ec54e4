/** All routes: found by a few letters, sorted by what matters. Ten thousand are filtered here, and only some are drawn. */
import { h } from '../dom.js';
import { count, counted } from '../format.js';
import { button, code, empty, linkTo } from '../parts.js';
import { order, sorted, table } from '../table.js';
import { TRAFFIC_COLUMNS } from './traffic.js';

/** @import { Page, View } from '../router.js' */
/** @import { RouteStatus, RouteTraffic } from '../../page-data.ts' */
/** @import { Column } from '../table.js' */

/** Rows that are drawn at first, and more with each press of the button. */
const STEP = 100;

/** A route and its traffic. @typedef {RouteStatus & RouteTraffic} Row */

/** @type {readonly Column<Row>[]} */
const COLUMNS = [
  {
    title: 'Route',
    cell: ({ name, match }) => [
      linkTo('routes', name, name),
      h('div', { class: 'under' }, ...match.slice(0, 3).map((pattern) => code(pattern))),
    ],
    by: ({ name }) => name,
    isHeader: true,
  },
  { title: 'Action', cell: ({ action }) => action, by: ({ action }) => action, isWide: true },
  ...TRAFFIC_COLUMNS,
];

/**
 * @param {Page} page
 * @returns {View}
 */
export function routesView(page) {
  const by = order('Requests', page.redraw);
  let filter = '';
  let shown = STEP;
  /** @param {Event} event */
  const onFilter = (event) => {
    filter = /** @type {HTMLInputElement} */ (event.target).value;
    shown = STEP;
    page.redraw();
  };
  const more = () => {
    shown += STEP;
    page.redraw();
  };
  return {
    title: 'Routes',
    draw() {
      const all = rowsOf(page);
      const found = sorted(filtered(all, filter), COLUMNS, by);
      return [
        h('h1', { tabindex: -1 }, 'Routes'),
        h(
          'div',
          { class: 'tools' },
          h(
            'label',
            {},
            h('span', { class: 'unseen' }, 'Filter by name, path, action or plugin'),
            h('input', {
              type: 'search',
              placeholder: 'Filter: name, path, action, plugin',
              oninput: onFilter,
            }),
          ),
          h('span', { class: 'faint', role: 'status' }, tellCount(all.length, found.length, page)),
        ),
        page.routes === undefined
          ? empty('The list of routes is on its way…')
          : table({
              caption: 'Routes',
              columns: COLUMNS,
              rows: found.slice(0, shown),
              keyOf: ({ name }) => name,
              order: by,
            }),
        found.length > shown &&
          h('p', { class: 'more' }, button(`Show ${STEP} more of ${count(found.length)}`, more)),
        page.routes !== undefined && found.length === 0 && empty('No route has that in it.'),
      ];
    },
  };
}

/**
 * @param {number} all
 * @param {number} found
 * @param {Page} page
 */
function tellCount(all, found, { snapshot }) {
  const busy = snapshot.routes.length + snapshot.moreRoutes;
  if (found < all) return `${count(found)} of ${counted(all, 'route')}`;
  return `${counted(all, 'route')}, ${count(busy)} with requests in the last ${Math.round(snapshot.windowSeconds) || 10} s`;
}

const IDLE = { requestsPerSecond: 0, errorsPerSecond: 0, refusalsPerSecond: 0 };

/**
 * @param {Page} page
 * @returns {Row[]}
 */
function rowsOf({ routes = [], snapshot }) {
  const traffic = new Map(snapshot.routes.map((route) => [route.name, route]));
  const known = new Set(routes.map(({ name }) => name));
  // `unmatched`, and routes of an earlier generation that still has requests.
  const others = snapshot.routes.filter(({ name }) => !known.has(name));
  return [
    ...routes.map((route) => ({ ...IDLE, ...traffic.get(route.name), ...route })),
    ...others.map((route) => ({ ...route, match: [], action: 'no route', plugins: [] })),
  ];
}

/**
 * @param {readonly Row[]} rows
 * @param {string} filter
 */
function filtered(rows, filter) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter(({ name, match, action, plugins }) => {
    const text = [name, ...match, action, ...plugins].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
