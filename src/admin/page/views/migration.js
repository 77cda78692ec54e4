/** Where each route stands that moves from one upstream to another, and what comes next. */
import { asked } from '../asked.js';
import { h } from '../dom.js';
import { ago, count, lasting, millis, percent } from '../format.js';
import { badge, code, empty, facts, linkTo } from '../parts.js';
import { table } from '../table.js';

/** @import { MigrationList, MigrationMirror, MigrationSide, MigrationStatus, NextStep } from '../../page-data.ts' */
/** @import { Level } from '../parts.js' */
/** @import { Page, View } from '../router.js' */
/** @import { Column } from '../table.js' */

/** @type {Readonly<Record<NextStep['step'], readonly [Level, string]>>} */
const STEPS = {
  none: ['note', 'Stays'],
  seam: ['note', 'Whole'],
  mirror: ['note', 'Not mirrored'],
  compare: ['note', 'Not compared'],
  wait: ['note', 'Comparing'],
  differs: ['warn', 'Differs'],
  promote: ['ok', 'Promote'],
  begin: ['note', 'Not begun'],
  ramp: ['ok', 'Ramp'],
  grow: ['ok', 'Grow'],
  failing: ['warn', 'Fails'],
  aborted: ['bad', 'Out'],
  finish: ['ok', '100 %'],
  tidy: ['ok', 'Moved'],
  done: ['ok', 'Moved'],
};

/**
 * @param {Page} page
 * @returns {View}
 */
export function migrationView(page) {
  /** @type {import('../asked.js').Asked<MigrationList>} */
  const list = asked(page, () => page.api.get('migration'));
  return {
    title: 'Migration',
    draw() {
      list.follow(page.snapshot.at);
      const { value } = list;
      return [
        h('h1', { tabindex: -1 }, 'Migration'),
        h('p', { class: 'lead' }, leadOf(value)),
        list.draw(),
        ...(value === undefined ? [] : contentOf(page, value)),
      ];
    },
  };
}

/** @param {MigrationList | undefined} list */
const leadOf = (list) =>
  `Routes on their way from an old upstream to a new one${list === undefined ? '' : `; calls of the last ${list.windowSeconds} s`}.`;

/**
 * @param {Page} page
 * @param {MigrationList} list
 */
function contentOf(page, { routes, unused }) {
  if (routes.length === 0) {
    return [
      empty(
        'No route has an owner, a split or a mirror. Begin with a route for a part of the old system, and give it a mirror.',
      ),
    ];
  }
  return [
    h('div', { class: 'cards' }, ...routes.map((route) => card(page, route))),
    unused.length > 0 &&
      empty('Nothing calls ', code(unused.join(', ')), ': delete what has been replaced.'),
  ];
}

/**
 * @param {Page} page
 * @param {MigrationStatus} status
 */
function card(page, { route, match, owner, sides, mirrors, changed, next }) {
  const [level, label] = STEPS[next.step] ?? ['note', next.step];
  return h(
    'section',
    { key: route, class: `card moving${level === 'bad' ? ' bad' : ''}`, 'aria-label': route },
    h('div', { class: 'card-head' }, h('h2', {}, ...match.slice(0, 1)), badge(level, label)),
    h('p', { class: level === 'bad' ? 'story' : undefined }, `Next: ${next.words}`),
    sides.length > 0 && sideTable(route, sides),
    ...sides.flatMap((side) => outWords(page, side)),
    ...mirrors.map((mirror) => mirrorWords(route, mirror)),
    facts([
      ['Owner', owner],
      ['Route', linkTo('routes', route, route)],
      ['Also matches', match.length > 1 ? match.slice(1).join(', ') : undefined],
      [
        'Unchanged',
        changed && `${lasting(changed.at, page.now())}, since generation ${changed.generation}`,
      ],
    ]),
  );
}

/**
 * @param {string} route
 * @param {readonly MigrationSide[]} sides
 */
const sideTable = (route, sides) =>
  table({
    caption: `Sides of ${route}`,
    columns: COLUMNS,
    rows: sides,
    keyOf: ({ upstream }) => upstream,
  });

/** @type {readonly Column<MigrationSide>[]} */
const COLUMNS = [
  { title: 'Side', isHeader: true, cell: ({ upstream }) => upstream },
  { title: 'Share', isNumber: true, cell: ({ share }) => percent(share) },
  {
    title: 'Calls',
    isNumber: true,
    cell: ({ traffic }) => (traffic === undefined ? '–' : count(traffic.calls)),
  },
  { title: 'Errors', isNumber: true, cell: ({ traffic }) => errorShare(traffic) },
  { title: 'p95', isNumber: true, cell: ({ traffic }) => millis(traffic?.latency?.p95Ms) },
];

/** @param {MigrationSide['traffic']} traffic */
const errorShare = (traffic) =>
  traffic === undefined || traffic.calls === 0 ? '–' : percent(traffic.failures / traffic.calls);

/**
 * @param {Page} page
 * @param {MigrationSide} side
 */
const outWords = ({ now }, { upstream, aborted }) =>
  aborted === undefined
    ? []
    : [h('p', {}, `${upstream} went out ${ago(aborted.at, now())}: ${aborted.why}`)];

/**
 * @param {string} route
 * @param {MigrationMirror} mirror
 */
function mirrorWords(route, { upstream, comparison }) {
  const link = linkTo('mirrors', route, `Mirror ${upstream}`);
  if (comparison === undefined) return h('p', {}, link, ': not compared');
  const { compared, minimum, ratio, fields, primary, mirror } = comparison;
  return h(
    'div',
    {},
    h(
      'p',
      {},
      link,
      `: ${count(compared)} compared of at least ${count(minimum)}, ${percent(ratio)} differ; p95 ${millis(mirror?.p95Ms)}, here ${millis(primary?.p95Ms)}`,
    ),
    h(
      'ul',
      { class: 'plain' },
      ...fields.map(({ field, answers }) => h('li', {}, code(field), ` ${count(answers)}`)),
    ),
  );
}
