/** What is wrong with one upstream, and the words for the states of circuits and targets. */
import { ago, counted, seconds, until } from './format.js';
import { addressOf } from './parts.js';

/** @import { UpstreamSnapshot, TargetStatus } from '../page-data.ts' */
/** @import { Alarm } from './alarms.js' */
/** @import { Level } from './parts.js' */

/** @type {Readonly<Record<NonNullable<UpstreamSnapshot['circuit']>, readonly [Level, string]>>} */
const CIRCUITS = {
  closed: ['ok', 'closed'],
  'half-open': ['warn', 'half-open'],
  open: ['bad', 'open'],
  'forced-open': ['bad', 'held open'],
  'forced-closed': ['note', 'held closed'],
};

/**
 * @param {UpstreamSnapshot} upstream
 * @returns {readonly [level: Level, words: string]}
 */
export const circuitWords = ({ circuit }) =>
  circuit === undefined ? ['ok', 'no breaker'] : CIRCUITS[circuit];

/**
 * @param {TargetStatus} target
 * @returns {readonly [level: Level, words: string]}
 */
export function targetWords({ healthy, ejected }) {
  if (!healthy) return ['bad', 'unhealthy'];
  return ejected ? ['warn', 'ejected'] : ['ok', 'healthy'];
}

/**
 * Why its circuit is as it is, since when, and until when; empty for one that is closed.
 *
 * @param {UpstreamSnapshot} upstream
 * @param {number} now
 */
export function circuitStory({ circuit, circuitSeconds, circuitUntil, circuitWhy }, now) {
  if (circuit === undefined || circuit === 'closed') return '';
  return [
    circuitWhy,
    circuitSeconds !== undefined && `for ${seconds(circuitSeconds)}`,
    circuitUntil !== undefined && `next probe ${until(circuitUntil, now)}`,
    circuit.startsWith('forced') && 'until an operator hands it back',
  ]
    .filter(Boolean)
    .join(' · ');
}

/**
 * @param {UpstreamSnapshot} upstream
 * @param {number} now
 * @returns {Alarm[]}
 */
export function upstreamAlarms(upstream, now) {
  const { name, circuit, targets, panic, slots } = upstream;
  const [level, words] = circuitWords(upstream);
  const href = addressOf('upstreams', name);
  const out = targets.filter(({ healthy, ejected }) => !healthy || ejected);
  /** @type {Alarm[]} */
  const alarms = [];
  if (circuit !== undefined && circuit !== 'closed') {
    const why = circuitStory(upstream, now);
    alarms.push({ key: `circuit ${name}`, level, what: `${name}: circuit ${words}`, why, href });
  }
  if (out.length > 0) {
    const isAll = out.length === targets.length;
    const what = `${name}: ${isAll ? 'no target' : `${out.length} of ${counted(targets.length, 'target')}`} ${isAll ? 'is healthy' : 'left out'}`;
    const key = `targets ${name}`;
    alarms.push({ key, level: isAll ? 'bad' : 'warn', what, why: whyOut(out, panic, now), href });
  }
  if (slots.queued > 0) {
    const what = `${name}: ${counted(slots.queued, 'call')} waiting for a slot`;
    const why = `${slots.used} of ${slots.concurrency} slots in use`;
    alarms.push({ key: `slots ${name}`, level: 'warn', what, why, href });
  }
  return alarms;
}

/**
 * @param {readonly TargetStatus[]} out
 * @param {boolean} panic
 * @param {number} now
 */
function whyOut(out, panic, now) {
  const [first] = out;
  if (first === undefined) return '';
  const { origin, lastError } = first;
  const error = lastError && `${lastError.why}, ${ago(lastError.at, now)}`;
  return [`${origin}${error === undefined ? '' : `: ${error}`}`, panic && 'all of them get calls']
    .filter(Boolean)
    .join(' · ');
}
