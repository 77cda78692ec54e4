/** One operation: where it stands, all that happened, and what an operator can order. */
import { asked } from '../asked.js';
import { h } from '../dom.js';
import { clock, counted, millis } from '../format.js';
import { button, code, empty, facts, linkTo, section } from '../parts.js';
import { table } from '../table.js';
import { callBadge, eventWords, statusBadge, stepBadge } from './operation-words.js';

/** @import { OperationDetail, OperationEvent, OperationStep } from '../../page-data.ts' */
/** @import { Child } from '../dom.js' */
/** @import { Page, View } from '../router.js' */
/** @import { Column } from '../table.js' */

/** Events that are drawn, the last ones. */
const MOST = 200;

/**
 * @param {Page} page
 * @param {string} id
 * @returns {View}
 */
export function operationView(page, id) {
  const path = `operations/${encodeURIComponent(id)}`;
  /** @type {import('../asked.js').Asked<OperationDetail>} */
  const operation = asked(page, () => page.api.get(path));
  return {
    title: 'Operation',
    draw() {
      const { value } = operation;
      // What has ended changes no more.
      operation.follow(value?.endedAt ?? page.snapshot.at);
      return [
        h('p', { class: 'crumbs' }, linkTo('operations', '', 'Operations')),
        h('h1', { tabindex: -1 }, value === undefined ? 'Operation' : value.name),
        operation.draw(),
        ...(value === undefined ? [] : contentOf(page, value, path)),
      ];
    },
  };
}

/**
 * @param {Page} page
 * @param {OperationDetail} operation
 * @param {string} path
 * @returns {Child[]}
 */
function contentOf(page, operation, path) {
  const { steps, history, context } = operation;
  const hidden = history.length - MOST;
  return [
    facts(factsOf(operation, page.now()), 'facts two'),
    levers(page, operation, path),
    section(
      'Steps',
      table({ caption: 'Steps', columns: STEP_COLUMNS, rows: steps, keyOf: ({ name }) => name }),
    ),
    section(
      'What happened',
      hidden > 0 && h('p', { class: 'faint' }, `${counted(hidden, 'earlier event')} not shown.`),
      history.length === 0
        ? empty('Nothing is recorded yet.')
        : table({
            caption: 'What happened',
            columns: eventColumns(page, operation),
            rows: history.slice(-MOST).map((event, i) => ({ ...event, key: `${i}` })),
            keyOf: ({ key }) => key,
          }),
    ),
    Object.keys(context).length > 0 &&
      section('Kept answers', h('pre', { tabindex: 0 }, JSON.stringify(context, undefined, 2))),
  ];
}

/**
 * @param {OperationDetail} operation
 * @param {number} now
 * @returns {(readonly [string, Child])[]}
 */
function factsOf(operation, now) {
  const { id, kind, version, status, owner, run, step, failureReason } = operation;
  const { startedAt, updatedAt, endedAt, cancel, cancelRequested } = operation;
  const by = cancel === undefined ? 'by its client' : `from ${cancel.by}: ${cancel.reason}`;
  return [
    ['Status', statusBadge(status)],
    [status === 'stuck' ? 'Stuck at' : 'Step', step && code(step)],
    ['Why', failureReason && h('strong', {}, failureReason)],
    ['Cancelled', cancelRequested && by],
    ['Kind', kind],
    ['Owner', owner],
    ['Began', clock(startedAt, now)],
    endedAt === undefined ? ['Updated', clock(updatedAt, now)] : ['Ended', clock(endedAt, now)],
    ['Run', String(run)],
    ['Version', code(version)],
    ['Id', code(id)],
  ];
}

/** @type {readonly Column<OperationStep>[]} */
const STEP_COLUMNS = [
  { title: 'Step', isHeader: true, cell: ({ name }) => name },
  { title: 'Outcome', cell: ({ outcome }) => stepBadge(outcome) },
  { title: 'Attempts', isNumber: true, cell: ({ attempts }) => String(attempts) },
];

/**
 * @param {Page} page
 * @param {OperationDetail} operation
 * @returns {readonly Column<OperationEvent>[]}
 */
const eventColumns = ({ now }, { startedAt }) => [
  {
    title: 'After',
    isNumber: true,
    cell: ({ at }) =>
      h(
        'time',
        { datetime: at, title: clock(at, now()) },
        millis(Math.max(0, Date.parse(at) - Date.parse(startedAt))),
      ),
  },
  {
    title: 'What',
    isHeader: true,
    cell: (event) => [
      eventWords(event),
      event.reason !== undefined &&
        h('div', { class: 'under' }, `${event.reason} (from ${event.by})`),
    ],
  },
  {
    title: 'Outcome',
    cell: ({ what, outcome, why, status }) => [
      outcome === undefined ? '' : callBadge(outcome),
      h('div', { class: 'under' }, what === 'halt' ? '' : (why ?? status ?? '')),
    ],
  },
  { title: 'Attempt', isNumber: true, isWide: true, cell: ({ attempt }) => attempt ?? '' },
  {
    title: 'Took',
    isNumber: true,
    isWide: true,
    cell: ({ ms }) => (ms === undefined ? '' : millis(ms)),
  },
];

/**
 * @param {Page} page
 * @param {OperationDetail} operation
 * @param {string} path
 */
function levers(page, { can, name, step = '', run }, path) {
  /** @type {Readonly<Record<typeof can[number], readonly [verb: string, effect: string]>>} */
  const orders = {
    retry: [`Retry ${step}`, 'It is called again; then it goes on with the steps before it.'],
    skip: [
      `Skip ${step}`,
      'It is taken for undone, as if somebody had undone it by hand; the steps before it are undone.',
    ],
    cancel: ['Cancel', 'No further step begins, and what was done is undone.'],
  };
  return (
    can.length > 0 &&
    h(
      'div',
      { class: 'levers', role: 'group', 'aria-label': `Orders for ${name}` },
      can.map((order) => {
        const [verb, effect] = orders[order];
        const about = order === 'cancel' ? {} : { step, run };
        return button(verb, () => {
          void page.dialogs.order({
            title: `${name}: ${verb.toLowerCase()}`,
            effect,
            verb,
            run: async (reason) => {
              await page.api.post(`${path}/${order}`, { ...about, reason });
              page.say(`${name}: ${verb.toLowerCase()} is ordered.`);
            },
          });
        });
      }),
    )
  );
}
