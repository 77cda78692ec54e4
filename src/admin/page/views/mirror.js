/** The last answers to requests of one route that its mirrors gave differently. */
import { asked } from '../asked.js';
import { h } from '../dom.js';
import { clock, counted, millis } from '../format.js';
import { button, code, empty, linkTo, section } from '../parts.js';
import { table } from '../table.js';

/** @import { MirrorDifferences } from '../../page-data.ts' */
/** @import { Page, View } from '../router.js' */
/** @import { Column } from '../table.js' */
/** @typedef {MirrorDifferences['mirrors'][number]['differences'][number]} Seen */

/**
 * @param {Page} page
 * @param {string} route
 * @returns {View}
 */
export function mirrorView(page, route) {
  /** @type {import('../asked.js').Asked<MirrorDifferences>} */
  const found = asked(page, () => page.api.get(`mirrors/${encodeURIComponent(route)}`));
  let round = 0;
  const renew = () => {
    round += 1;
    page.redraw();
  };
  return {
    title: `Mirrors of ${route}`,
    draw() {
      found.follow(round);
      return [
        h('p', { class: 'crumbs' }, linkTo('mirrors', '', 'Mirrors')),
        h('h1', { tabindex: -1 }, `Mirrors of ${route}`),
        found.draw(),
        found.value !== undefined &&
          h('div', { class: 'tools' }, button('Renew', renew, { class: 'small' })),
        ...(found.value?.mirrors ?? []).map(({ upstream, differences }) =>
          section(
            upstream,
            differences.length === 0
              ? empty('No answer that differed is kept.')
              : differenceTable(page, upstream, differences),
          ),
        ),
      ];
    },
  };
}

/**
 * @param {Page} page
 * @param {string} upstream
 * @param {readonly Seen[]} differences
 */
const differenceTable = (page, upstream, differences) =>
  table({
    caption: `Answers of ${upstream} that differ`,
    columns: columns(page),
    rows: differences,
    keyOf: ({ requestId, at }) => `${requestId} ${at}`,
  });

/**
 * @param {Page} page
 * @returns {readonly Column<Seen>[]}
 */
const columns = ({ now }) => [
  { title: 'Time', cell: ({ at }) => h('time', { datetime: at }, clock(at, now())), isWide: true },
  {
    title: 'Request',
    isHeader: true,
    cell: ({ requestId, method, path }) => linkTo('requests', requestId, code(`${method} ${path}`)),
  },
  { title: 'Primary', cell: ({ primary }) => sideWords(primary) },
  { title: 'Mirror', cell: ({ mirror }) => sideWords(mirror) },
  {
    title: 'Differences',
    cell: ({ differences, isCut }) =>
      h(
        'ul',
        { class: 'plain' },
        ...differences.map(({ path, kind, primary, mirror }) =>
          h('li', {}, code(path === '' ? '(the whole)' : path), ` ${kind}: ${primary}, ${mirror}`),
        ),
        isCut && h('li', {}, `more than ${counted(differences.length, 'difference')}`),
      ),
  },
];

/** @param {Seen['primary']} side */
const sideWords = ({ status, ms }) => [String(status), h('div', { class: 'under' }, millis(ms))];
