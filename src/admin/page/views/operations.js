/** Sagas and commands: what is stuck first, how many there are of each, and all of them in pages. */
import { asked } from '../asked.js';
import { h } from '../dom.js';
import { ago, count } from '../format.js';
import { badge, button, code, empty, linkTo, section, sectionOf } from '../parts.js';
import { table } from '../table.js';
import { statusBadge } from './operation-words.js';

/** @import { OperationCounts, OperationList, OperationStatus, OperationSummary } from '../../page-data.ts' */
/** @import { Page, View } from '../router.js' */
/** @import { Column } from '../table.js' */

/** How often the lists are asked for, in milliseconds. */
const EVERY_MS = 2_000;
/** Rows of a page. */
const LIMIT = 50;
/** Names that have a button; the others have rows among the counts. */
const MOST_NAMES = 12;

/** @type {readonly (readonly [status: '' | OperationStatus, words: string])[]} */
const STATUSES = [
  ['', 'All'],
  ['running', 'Running'],
  ['compensating', 'Undoing'],
  ['stuck', 'Stuck'],
  ['completed', 'Completed'],
  ['failed', 'Failed'],
];

/**
 * @param {Page} page
 * @returns {View}
 */
export function operationsView(page) {
  const wanted = { status: '', name: '', after: '' };
  /** @type {import('../asked.js').Asked<OperationList>} */
  const list = asked(page, () => page.api.get(`operations?${queryOf(wanted)}`));
  /** @type {import('../asked.js').Asked<OperationList>} */
  const stuck = asked(page, () => page.api.get('operations?status=stuck&limit=100'));
  /** @param {Partial<typeof wanted>} change */
  const choose = (change) => {
    Object.assign(wanted, { after: '' }, change);
    page.redraw();
  };
  return {
    title: 'Operations',
    draw() {
      const { store, at } = page.snapshot;
      const head = h('h1', { tabindex: -1 }, 'Operations');
      if (store === undefined) return [head, empty('The config has no store, so there are none.')];
      const tick = Math.floor(Date.parse(at) / EVERY_MS);
      list.follow([tick, wanted]);
      stuck.follow([tick, store.stuck]);
      const { value } = list;
      return [
        head,
        h('p', { class: 'lead' }, leadOf(value)),
        list.draw(),
        stuckSection(page, stuck.value?.items ?? [], store.stuck),
        value !== undefined && countSection(value.counts),
        value !== undefined &&
          sectionOf(
            { title: 'Newest first' },
            tools(value.counts, wanted, choose),
            value.items.length === 0
              ? empty('None.')
              : operationTable(page, 'Operations', value.items),
            h(
              'div',
              { class: 'levers' },
              wanted.after !== '' && button('Newest', () => choose({}), { class: 'small' }),
              value.next !== undefined &&
                button('Older', () => choose({ after: value.next ?? '' }), { class: 'small' }),
            ),
          ),
      ];
    },
  };
}

/** @param {Readonly<Record<string, string>>} wanted */
const queryOf = (wanted) =>
  new URLSearchParams([
    ...Object.entries(wanted).filter(([, value]) => value !== ''),
    ['limit', String(LIMIT)],
  ]).toString();

/** @param {OperationList | undefined} list */
const leadOf = (list) =>
  `Sagas and commands of all gateways on this store${list === undefined ? '' : `; ended ones are counted over the last ${list.windowHours} h`}.`;

/**
 * @param {Page} page
 * @param {readonly OperationSummary[]} items
 * @param {number} total
 */
const stuckSection = (page, items, total) =>
  items.length > 0 &&
  section(
    'Stuck',
    h('p', { class: 'story' }, 'They wait for an operator: open one, and retry or skip its step.'),
    operationTable(page, 'Stuck operations', items),
    total > items.length && h('p', { class: 'faint' }, `${count(total - items.length)} more.`),
  );

/** @param {readonly OperationCounts[]} counts */
const countSection = (counts) =>
  counts.length > 0 &&
  section(
    'Counts',
    table({
      caption: 'Operations by name and status',
      columns: COUNT_COLUMNS,
      rows: counts,
      keyOf: ({ kind, name }) => `${kind} ${name}`,
    }),
  );

/** @type {readonly Column<OperationCounts>[]} */
const COUNT_COLUMNS = [
  {
    title: 'Name',
    isHeader: true,
    cell: ({ kind, name }) => [name, h('div', { class: 'under' }, kind)],
  },
  {
    title: 'Stuck',
    isNumber: true,
    cell: ({ stuck }) => (stuck === 0 ? '0' : badge('bad', count(stuck))),
  },
  { title: 'Running', isNumber: true, cell: ({ running }) => count(running) },
  { title: 'Undoing', isNumber: true, cell: ({ compensating }) => count(compensating) },
  { title: 'Completed', isNumber: true, isWide: true, cell: ({ completed }) => count(completed) },
  { title: 'Failed', isNumber: true, cell: ({ failed }) => count(failed) },
];

/**
 * @param {readonly OperationCounts[]} counts
 * @param {{ status: string, name: string }} wanted
 * @param {(change: { status?: string, name?: string }) => void} choose
 */
function tools(counts, wanted, choose) {
  const names = [...new Set(counts.map(({ name }) => name))].slice(0, MOST_NAMES);
  return h(
    'div',
    { class: 'tools', key: 'tools' },
    choice(
      'Which status',
      STATUSES.map(([value, words]) => ({ value, words })),
      wanted.status,
      (status) => choose({ status }),
    ),
    names.length > 1 &&
      choice(
        'Which name',
        [{ value: '', words: 'All' }, ...names.map((name) => ({ value: name, words: name }))],
        wanted.name,
        (name) => choose({ name }),
      ),
  );
}

/**
 * @param {string} label
 * @param {readonly { value: string, words: string }[]} options
 * @param {string} chosen
 * @param {(value: string) => void} choose
 */
const choice = (label, options, chosen, choose) =>
  h(
    'div',
    { class: 'choice', role: 'group', 'aria-label': label },
    options.map(({ value, words }) =>
      button(words, () => choose(value), { class: 'small', pressed: value === chosen }),
    ),
  );

/**
 * @param {Page} page
 * @param {string} caption
 * @param {readonly OperationSummary[]} rows
 */
const operationTable = (page, caption, rows) =>
  table({ caption, columns: columns(page), rows, keyOf: ({ id }) => id });

/**
 * @param {Page} page
 * @returns {readonly Column<OperationSummary>[]}
 */
const columns = ({ now }) => [
  {
    title: 'Operation',
    isHeader: true,
    cell: ({ id, name, owner }) => [
      linkTo('operations', id, `${name} ${id.slice(0, 8)}`),
      h('div', { class: 'under' }, owner),
    ],
  },
  { title: 'Status', cell: ({ status }) => statusBadge(status) },
  {
    title: 'Step',
    isWide: true,
    cell: ({ step }) => (step === undefined ? '–' : code(step)),
  },
  { title: 'Why', isWide: true, cell: ({ failureReason }) => failureReason ?? '–' },
  {
    title: 'Began',
    cell: ({ startedAt }) => h('time', { datetime: startedAt }, ago(startedAt, now())),
  },
];
