/** The mirrors of all routes: what they get, whether they answer as the primaries do, and how fast. */
import { asked } from '../asked.js';
import { h } from '../dom.js';
import { count, millis, percent } from '../format.js';
import { badge, code, empty, linkTo } from '../parts.js';
import { table } from '../table.js';

/** @import { MirrorComparison, MirrorList, MirrorStatus } from '../../page-data.ts' */
/** @import { Child } from '../dom.js' */
/** @import { Page, View } from '../router.js' */
/** @import { Column } from '../table.js' */

/** How often the list is asked for, in milliseconds. */
const EVERY_MS = 2_000;

/** Fields that are listed for a mirror. */
const MOST_FIELDS = 3;

/**
 * @param {Page} page
 * @returns {View}
 */
export function mirrorsView(page) {
  /** @type {import('../asked.js').Asked<MirrorList>} */
  const list = asked(page, () => page.api.get('mirrors'));
  return {
    title: 'Mirrors',
    draw() {
      list.follow(Math.floor(Date.parse(page.snapshot.at) / EVERY_MS));
      const { value } = list;
      return [
        h('h1', { tabindex: -1 }, 'Mirrors'),
        h(
          'p',
          { class: 'lead' },
          'Services that get copies of requests, and whether they answer alike.',
        ),
        list.draw(),
        value !== undefined && mirrorTable(value.mirrors),
      ];
    },
  };
}

/** @param {readonly MirrorStatus[]} mirrors */
const mirrorTable = (mirrors) =>
  mirrors.length === 0
    ? empty('No route has a mirror.')
    : table({
        caption: 'Mirrors',
        columns: COLUMNS,
        rows: mirrors,
        keyOf: ({ route, upstream }) => `${route} ${upstream}`,
      });

/** @type {readonly Column<MirrorStatus>[]} */
const COLUMNS = [
  {
    title: 'Mirror',
    isHeader: true,
    cell: ({ route, upstream, comparison }) => [
      linkTo('mirrors', route, `${route} → ${upstream}`),
      h('div', { class: 'under' }, comparison?.advice ?? 'not compared'),
    ],
  },
  {
    title: 'Copied',
    isNumber: true,
    isWide: true,
    cell: ({ percent: copied, open, concurrency, outcomes }) => [
      percent(copied / 100),
      h('div', { class: 'under' }, `${open} of ${concurrency} open`, ...lostWords(outcomes)),
    ],
  },
  {
    title: 'Compared',
    isNumber: true,
    isWide: true,
    cell: ({ comparison }) => count(comparison?.compared ?? 0),
  },
  { title: 'Differ', cell: ({ comparison }) => differing(comparison) },
  { title: 'Where', isWide: true, cell: ({ comparison }) => fieldList(comparison) },
  {
    title: 'p95',
    isNumber: true,
    cell: ({ comparison }) => [
      millis(comparison?.mirror?.p95Ms),
      h('div', { class: 'under' }, `primary ${millis(comparison?.primary?.p95Ms)}`),
    ],
  },
];

/** @param {MirrorStatus['outcomes']} outcomes */
function lostWords({ full = 0, failed = 0 }) {
  return [
    ...(full > 0 ? [`, ${count(full)} without a slot`] : []),
    ...(failed > 0 ? [`, ${count(failed)} failed`] : []),
  ];
}

/** @param {MirrorComparison | undefined} comparison */
function differing(comparison) {
  if (comparison === undefined || comparison.compared === 0) return '–';
  const { ratio, advice } = comparison;
  return badge(advice === 'promote' || ratio === 0 ? 'ok' : 'warn', percent(ratio));
}

/**
 * @param {MirrorComparison | undefined} comparison
 * @returns {Child}
 */
const fieldList = (comparison) =>
  h(
    'ul',
    { class: 'plain' },
    ...(comparison?.fields ?? [])
      .slice(0, MOST_FIELDS)
      .map(({ field, answers }) => h('li', {}, code(field), ` ${count(answers)}`)),
  );
