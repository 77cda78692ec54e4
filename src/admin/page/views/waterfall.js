/**
 * Where the time of a request went: its calls and their attempts, on one scale.
 *
 * An attempt is drawn as waiting for a connection, then for the head, then the body. The same is told in figures, because
 * bars say nothing to a screen reader.
 */
import { h } from '../dom.js';
import { millis } from '../format.js';
import { badge, code, linkTo } from '../parts.js';
import { statusLevel } from './try-answer.js';

/** @import { RequestDetail } from '../../page-data.ts' */
/** @import { TracedAttempt, TracedCall } from '../../../observe/traced.ts' */
/** @import { Child } from '../dom.js' */

/** What a stretch of a bar stands for. @typedef {'queue' | 'connect' | 'wait' | 'body' | 'failed'} Kind */
/** @typedef {{ kind: Kind, fromMs: number, toMs: number }} Stretch */

/** @type {readonly (readonly [Kind, string])[]} */
const LEGEND = [
  ['queue', 'waiting for a slot'],
  ['connect', 'connecting'],
  ['wait', 'until the head'],
  ['body', 'body'],
  ['failed', 'failed'],
];

/** @param {RequestDetail} request */
export const waterfall = ({ calls, totalMs }) => [
  h(
    'ul',
    { class: 'legend', 'aria-hidden': 'true' },
    ...LEGEND.map(([kind, words]) => h('li', {}, h('span', { class: `swatch ${kind}` }), words)),
  ),
  h(
    'table',
    { class: 'waterfall' },
    h('caption', { class: 'unseen' }, 'Calls and attempts, with their times'),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...['Call', 'Outcome', 'Time'].map((title) => h('th', { scope: 'col' }, title)),
        h('th', { scope: 'col', class: 'scale' }, scale(totalMs)),
      ),
    ),
    h('tbody', {}, ...calls.flatMap((call, index) => rowsOf(call, index, totalMs))),
  ),
];

/** @param {number} totalMs */
const scale = (totalMs) =>
  h(
    'span',
    { class: 'ends' },
    h('span', {}, '0'),
    h('span', {}, millis(totalMs / 2)),
    h('span', {}, millis(totalMs)),
  );

/**
 * @param {TracedCall} call
 * @param {number} index
 * @param {number} totalMs
 */
function rowsOf(call, index, totalMs) {
  const {
    name,
    purpose,
    upstream,
    attempts,
    status,
    code: error,
    cause,
    ms,
    startMs,
    queuedMs,
  } = call;
  const endMs = ms === undefined ? totalMs : startMs + ms;
  /** @type {Stretch[]} */
  const queue = queuedMs > 0 ? [{ kind: 'queue', fromMs: startMs, toMs: startMs + queuedMs }] : [];
  return [
    row({
      key: `${index}`,
      isCall: true,
      what: [
        name === undefined ? purpose : h('strong', {}, name),
        ' → ',
        linkTo('upstreams', upstream, upstream),
      ],
      outcome: outcome(status, error, cause),
      ms: endMs - startMs,
      stretches:
        attempts.length === 0
          ? [...queue, { kind: 'failed', fromMs: startMs + queuedMs, toMs: endMs }]
          : queue,
      span: [startMs, endMs],
      totalMs,
    }),
    ...attempts.map((attempt, i) =>
      row({
        key: `${index} ${i}`,
        isCall: false,
        what: [
          code(`${attempt.method} ${attempt.path}`),
          h('div', { class: 'under' }, attempt.target),
        ],
        outcome: outcome(attempt.status, attempt.code, attempt.cause),
        ms: lengthOf(attempt, i === attempts.length - 1 ? endMs : undefined),
        stretches: stretchesOf(attempt, i === attempts.length - 1 ? endMs : undefined),
        totalMs,
      }),
    ),
  ];
}

/**
 * @param {number | undefined} status
 * @param {string | undefined} error
 * @param {string | undefined} cause
 */
function outcome(status, error, cause) {
  if (error !== undefined)
    return [badge('bad', error), cause === undefined ? '' : h('div', { class: 'under' }, cause)];
  return status === undefined
    ? badge('note', 'not ended')
    : badge(statusLevel(status), String(status));
}

/**
 * @param {TracedAttempt} attempt
 * @param {number | undefined} endMs  when its body ended, if it is the last one
 */
function lengthOf({ startMs, firstByteMs, failedMs }, endMs) {
  if (failedMs !== undefined) return failedMs;
  return endMs === undefined ? firstByteMs : endMs - startMs;
}

/**
 * @param {TracedAttempt} attempt
 * @param {number | undefined} endMs
 * @returns {Stretch[]}
 */
export function stretchesOf({ startMs, connectMs = 0, firstByteMs, failedMs }, endMs) {
  const connected = startMs + connectMs;
  /** @type {Stretch[]} */
  const stretches = connectMs > 0 ? [{ kind: 'connect', fromMs: startMs, toMs: connected }] : [];
  if (firstByteMs !== undefined) {
    const head = startMs + firstByteMs;
    stretches.push({ kind: 'wait', fromMs: connected, toMs: head });
    if (endMs !== undefined && failedMs === undefined)
      stretches.push({ kind: 'body', fromMs: head, toMs: endMs });
  }
  if (failedMs !== undefined) {
    stretches.push({
      kind: 'failed',
      fromMs: stretches.at(-1)?.toMs ?? startMs,
      toMs: startMs + failedMs,
    });
  }
  return stretches;
}

/**
 * @typedef Row
 * @property {string} key
 * @property {boolean} isCall
 * @property {Child} what
 * @property {Child} outcome
 * @property {number | undefined} ms
 * @property {readonly Stretch[]} stretches
 * @property {readonly [fromMs: number, toMs: number]} [span]  drawn behind, for a call
 * @property {number} totalMs
 */

/** @param {Row} row */
const row = ({ key, isCall, what, outcome: ended, ms, stretches, span, totalMs }) =>
  h(
    'tr',
    { key, class: isCall ? 'call' : 'attempt' },
    h('th', { scope: 'row' }, what),
    h('td', {}, ended),
    h('td', { class: 'number' }, millis(ms)),
    h(
      'td',
      { class: 'bars' },
      h('span', { class: 'unseen' }, tell(stretches)),
      h(
        'span',
        { class: 'track', 'aria-hidden': 'true' },
        span && bar('span', span[0], span[1], totalMs),
        ...stretches.map(({ kind, fromMs, toMs }) => bar(kind, fromMs, toMs, totalMs)),
      ),
    ),
  );

/** @param {readonly Stretch[]} stretches */
const tell = (stretches) =>
  stretches
    .map(
      ({ kind, fromMs, toMs }) =>
        `${LEGEND.find(([each]) => each === kind)?.[1]} ${millis(toMs - fromMs)}`,
    )
    .join(', ');

/**
 * @param {string} kind
 * @param {number} fromMs
 * @param {number} toMs
 * @param {number} totalMs
 */
function bar(kind, fromMs, toMs, totalMs) {
  /** @param {number} ms */
  const share = (ms) => `${(100 * Math.min(1, Math.max(0, ms / (totalMs || 1)))).toFixed(2)}%`;
  return h('span', {
    class: `bar ${kind}`,
    style: { left: share(fromMs), width: share(toMs - fromMs) },
  });
}
