/**
 * Numbers, times and sizes as the page writes them: three digits at most, always with their unit.
 */

const NONE = '–';

/** @param {number} value */
const short = (value) => {
  if (value === 0) return '0';
  if (value < 10) return value.toFixed(value < 1 ? 2 : 1).replace(/\.?0+$/, '');
  return Math.round(value).toLocaleString('en');
};

/**
 * `0.4/s`, `1,204/s`, `12.5k/s`. What is not zero is never shown as zero.
 *
 * @param {number} perSecond
 */
export function rate(perSecond) {
  if (perSecond > 0 && perSecond < 0.01) return '<0.01/s';
  return perSecond < 10_000 ? `${short(perSecond)}/s` : `${(perSecond / 1_000).toFixed(1)}k/s`;
}

/**
 * `0.8 ms`, `45 ms`, `1.20 s`; a dash where there is none.
 *
 * @param {number | undefined} ms
 */
export function millis(ms) {
  if (ms === undefined) return NONE;
  if (ms > 0 && ms < 0.01) return '<0.01 ms';
  if (ms < 1_000) return `${short(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(2)} s` : seconds(ms / 1_000);
}

const UNITS = /** @type {const} */ ([
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
]);

/**
 * `42 s`, `3 min 20 s`, `2 h 5 min`, `12 d 3 h`: the two largest units.
 *
 * @param {number} total
 */
export function seconds(total) {
  const whole = Math.max(0, Math.round(total));
  const first = UNITS.findIndex(([, size]) => whole >= size);
  if (first < 0) return `${whole} s`;
  const [unit, size] = UNITS[first] ?? ['s', 1];
  const [lesser, least] = UNITS[first + 1] ?? ['s', 1];
  const rest = Math.floor((whole % size) / least);
  const head = `${Math.floor(whole / size)} ${unit}`;
  return rest === 0 ? head : `${head} ${rest} ${lesser}`;
}

/**
 * `3 s ago`, seen from `now`; clocks that differ a little do not make it the future.
 *
 * @param {string} at  ISO 8601
 * @param {number} now  milliseconds since 1970
 */
export const ago = (at, now) => `${seconds((now - Date.parse(at)) / 1_000)} ago`;

/**
 * `for 3 min 20 s`, until `now`.
 *
 * @param {string} since  ISO 8601
 * @param {number} now  milliseconds since 1970
 */
export const lasting = (since, now) => `for ${seconds((now - Date.parse(since)) / 1_000)}`;

/**
 * `in 4 s`; `now` when it has come.
 *
 * @param {string} at  ISO 8601
 * @param {number} now  milliseconds since 1970
 */
export function until(at, now) {
  const left = (Date.parse(at) - now) / 1_000;
  return left < 0.5 ? 'now' : `in ${seconds(left)}`;
}

/**
 * `512 B`, `1.5 KiB`, `184 MiB`.
 *
 * @param {number} size
 */
export function bytes(size) {
  const step = size < 1_024 ? 0 : Math.min(4, Math.floor(Math.log2(size) / 10));
  return `${short(size / 1_024 ** step)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][step]}`;
}

/**
 * `12.5 %`, of a whole of 1. What is not zero is never shown as zero.
 *
 * @param {number} share
 */
export function percent(share) {
  if (share > 0 && share < 0.0001) return '<0.01 %';
  return `${short(share * 100)} %`;
}

/**
 * `1,204`.
 *
 * @param {number} value
 */
export const count = (value) => value.toLocaleString('en');

/**
 * `1 target`, `2 targets`.
 *
 * @param {number} value
 * @param {string} noun
 */
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/**
 * The time of day here, `14:03:27`, with the day where it is another.
 *
 * @param {string} at  ISO 8601
 * @param {number} now  milliseconds since 1970
 */
export function clock(at, now) {
  const date = new Date(at);
  const time = date.toLocaleTimeString('en-GB');
  const isToday = date.toDateString() === new Date(now).toDateString();
  return isToday ? time : `${date.toLocaleDateString('en-CA')} ${time}`;
}
