/** The services behind the gateway, a card each: circuit, slots, targets, and the lever of the circuit. */
import { h } from '../dom.js';
import { ago, count, counted, millis, percent, rate } from '../format.js';
import { badge, button, code, empty, facts } from '../parts.js';
import { table } from '../table.js';
import { circuitStory, circuitWords, targetWords } from '../upstream-alarms.js';

/** @import { TargetStatus, UpstreamSnapshot } from '../../page-data.ts' */
/** @import { Page, View } from '../router.js' */
/** @import { Column } from '../table.js' */

/** Cards that are drawn; those with something wrong come first. */
const MOST = 60;

/**
 * @param {Page} page
 * @param {string} name  the one to begin with; empty: all as they come
 * @returns {View}
 */
export const upstreamsView = (page, name) => ({
  title: name === '' ? 'Upstreams' : name,
  draw() {
    const { upstreams, moreUpstreams } = page.snapshot;
    const first = upstreams.filter((upstream) => upstream.name === name);
    const all = [...first, ...upstreams.filter((upstream) => upstream.name !== name)].slice(
      0,
      MOST,
    );
    const hidden = upstreams.length - all.length + moreUpstreams;
    return [
      h('h1', { tabindex: -1 }, 'Upstreams'),
      upstreams.length === 0 && empty('The config has no upstreams.'),
      name !== '' &&
        first.length === 0 &&
        empty(`There is no upstream ${name}, or it is not among those shown.`),
      h(
        'div',
        { class: 'cards' },
        all.map((upstream) => card(page, upstream, upstream.name === name)),
      ),
      hidden > 0 &&
        h('p', { class: 'faint' }, `${counted(hidden, 'more upstream')} with nothing wrong.`),
    ];
  },
});

/**
 * @param {Page} page
 * @param {UpstreamSnapshot} upstream
 * @param {boolean} isChosen
 */
function card(page, upstream, isChosen) {
  const { name, targets, moreTargets, panic, streams } = upstream;
  const [level, words] = circuitWords(upstream);
  return h(
    'section',
    { key: name, class: `card ${level}${isChosen ? ' chosen' : ''}`, 'aria-label': name },
    h(
      'div',
      { class: 'card-head' },
      h('h2', {}, name),
      upstream.circuit === undefined ? '' : badge(level, `circuit ${words}`),
    ),
    story(upstream, page.now()),
    facts(figures(upstream), 'figures small'),
    streams.open > 0 &&
      h(
        'p',
        { class: 'faint' },
        `${count(streams.open)} of ${counted(streams.most, 'WebSocket')} open.`,
      ),
    panic && h('p', { class: 'fault' }, 'Too few targets are available: all of them get calls.'),
    targets.length === 0
      ? empty('No target is known.')
      : table({
          caption: `Targets of ${name}`,
          columns: targetColumns(page),
          rows: targets,
          keyOf: ({ origin }) => origin,
        }),
    moreTargets > 0 &&
      h('p', { class: 'faint' }, `${counted(moreTargets, 'more target')} with nothing wrong.`),
    upstream.circuit === undefined ? '' : levers(page, upstream),
  );
}

/**
 * @param {UpstreamSnapshot} upstream
 * @param {number} now
 */
function story(upstream, now) {
  const text = circuitStory(upstream, now);
  return text === '' ? '' : h('p', { class: 'story' }, text);
}

/**
 * @param {UpstreamSnapshot} upstream
 * @returns {(readonly [string, string])[]}
 */
function figures({ slots, traffic }) {
  const { requestsPerSecond, failuresPerSecond, latency } = traffic;
  const failed = requestsPerSecond === 0 ? 0 : failuresPerSecond / requestsPerSecond;
  return [
    ['Calls', rate(requestsPerSecond)],
    ['Failures', percent(failed)],
    ['p50', millis(latency?.p50Ms)],
    ['p99', millis(latency?.p99Ms)],
    ['Slots', `${count(slots.used)} of ${count(slots.concurrency)}`],
    ['Queue', count(slots.queued)],
  ];
}

/**
 * @param {Page} page
 * @returns {readonly Column<TargetStatus>[]}
 */
const targetColumns = ({ now }) => [
  {
    title: 'Target',
    cell: ({ origin, lastError }) => [
      code(origin.replace(/^http:\/\//, '')),
      lastError === undefined
        ? ''
        : h('div', { class: 'under' }, `last error ${ago(lastError.at, now())}: ${lastError.why}`),
    ],
    isHeader: true,
  },
  { title: 'State', cell: (target) => badge(...targetWords(target)) },
  { title: 'In flight', cell: ({ inflight }) => count(inflight), isNumber: true },
];

/** @type {readonly (readonly [state: string, words: string, effect: string])[]} */
const ORDERS = [
  ['open', 'Hold open', 'Calls to it are refused until somebody hands the circuit back.'],
  [
    'closed',
    'Hold closed',
    'Calls to it are made however often they fail, until somebody hands the circuit back.',
  ],
  ['auto', 'Automatic', 'The circuit opens and closes by itself again.'],
];

/**
 * @param {Page} page
 * @param {UpstreamSnapshot} upstream
 */
const levers = (page, { name, circuit }) =>
  h(
    'div',
    { class: 'levers', role: 'group', 'aria-label': `Circuit of ${name}` },
    ORDERS.map(([state, words, effect]) =>
      h(
        'span',
        { key: state },
        button(words, () => void orderCircuit(page, { name, state, words, effect }), {
          class: 'small',
          pressed: isHeld(circuit, state),
          label: `${words}: circuit of ${name}`,
        }),
      ),
    ),
  );

/**
 * @param {UpstreamSnapshot['circuit']} circuit
 * @param {string} state
 */
const isHeld = (circuit, state) =>
  state === 'auto' ? circuit?.startsWith('forced') !== true : circuit === `forced-${state}`;

/**
 * @param {Page} page
 * @param {{ name: string, state: string, words: string, effect: string }} order
 */
const orderCircuit = (page, { name, state, words, effect }) =>
  page.dialogs.order({
    title: `${name}: ${words.toLowerCase()}`,
    effect,
    verb: words,
    run: async (reason) => {
      await page.api.post(`upstreams/${encodeURIComponent(name)}/circuit`, { state, reason });
      page.say(`${name}: circuit ${words.toLowerCase()}.`);
    },
  });
