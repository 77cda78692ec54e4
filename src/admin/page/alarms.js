/**
 * What is wrong right now, worst first: what an operator should see before anything else.
 *
 * Nothing that is only unusual belongs here. An alarm says what, why, and since or until when.
 */
import { ago, count, counted, lasting, percent, rate } from './format.js';
import { addressOf } from './parts.js';
import { upstreamAlarms } from './upstream-alarms.js';

/** @import { Snapshot, GatewayFacts } from '../page-data.ts' */
/** @import { Level } from './parts.js' */

/**
 * @typedef Alarm
 * @property {string} key  the same from one snapshot to the next
 * @property {Level} level
 * @property {string} what
 * @property {string} why  empty: there is no more to say
 * @property {string} href  where there is more
 */

/** Days before its end at which a certificate is told of, and at which that is urgent. */
const EXPIRING = { warn: 14, bad: 3 };
/** Shares of what there is at which it is told of. */
const ALMOST = { cpu: 0.9, heap: 0.9, descriptors: 0.85 };
/** Delays of timers, in milliseconds. */
const LATE_MS = 250;
/** Of all requests: the share of errors at which it is told of, and at which that is urgent. */
const FAILING = { warn: 0.01, bad: 0.05 };
/** Worst first. */
const LEVELS = ['bad', 'warn', 'note', 'ok'];

/**
 * @param {Snapshot} snapshot
 * @param {number} now  by the gateway's clock, in milliseconds since 1970
 * @returns {Alarm[]}
 */
export const alarmsOf = (snapshot, now) =>
  [
    ...errorAlarms(snapshot),
    ...snapshot.upstreams.flatMap((upstream) => upstreamAlarms(upstream, now)),
    ...splitAlarms(snapshot, now),
    ...storeAlarms(snapshot, now),
    ...configAlarms(snapshot.gateway, now),
    ...outsideAlarms(snapshot, now),
    ...processAlarms(snapshot.gateway),
  ].toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));

/**
 * @param {Snapshot} snapshot
 * @returns {Alarm[]}
 */
function errorAlarms({ totals: { requestsPerSecond, errorsPerSecond }, routes }) {
  const share = requestsPerSecond === 0 ? 0 : errorsPerSecond / requestsPerSecond;
  if (share < FAILING.warn) return [];
  const failing = routes
    .filter(({ errorsPerSecond: errors }) => errors > 0)
    .toSorted((a, b) => b.errorsPerSecond - a.errorsPerSecond)
    .slice(0, 3)
    .map(({ name, errorsPerSecond: errors }) => `${name} ${rate(errors)}`);
  return [
    {
      key: 'errors',
      level: share < FAILING.bad ? 'warn' : 'bad',
      what: `${percent(share)} of requests end with an error`,
      why: failing.join(', '),
      href: addressOf('problems'),
    },
  ];
}

/**
 * @param {Snapshot} snapshot
 * @param {number} now
 * @returns {Alarm[]}
 */
const splitAlarms = ({ abortedSides }, now) =>
  abortedSides.map(({ route, upstream, at, why }) => ({
    key: `side ${route} ${upstream}`,
    level: /** @type {Level} */ ('warn'),
    what: `${upstream} is out of the split of ${route}`,
    why: `${why} · ${ago(at, now)}`,
    href: addressOf('routes', route),
  }));

/**
 * @param {Snapshot} snapshot
 * @param {number} now
 * @returns {Alarm[]}
 */
function storeAlarms({ store }, now) {
  if (store === undefined) return [];
  const { up, since, stuck, fault } = store;
  const href = addressOf('operations');
  /** @type {Alarm[]} */
  const alarms = [];
  if (!up) {
    const why = [fault?.code, lasting(since, now)].filter(Boolean).join(', ');
    const what = 'The store of operations does not answer';
    alarms.push({ key: 'store', level: 'bad', what, why, href });
  }
  if (stuck > 0) {
    const what = `${counted(stuck, 'operation')} ${stuck === 1 ? 'is' : 'are'} stuck`;
    const why = 'until an operator retries or skips the step that cannot be undone';
    alarms.push({ key: 'stuck', level: 'bad', what, why, href });
  }
  return alarms;
}

/**
 * @param {GatewayFacts} gateway
 * @param {number} now
 * @returns {Alarm[]}
 */
function configAlarms({ ready, reload, rolledBackTo, restartRequired, generation }, now) {
  /** @type {Alarm[]} */
  const alarms = [];
  const href = addressOf('config');
  if (!ready) {
    alarms.push({ key: 'stopping', level: 'warn', what: 'The gateway is stopping', why: '', href });
  }
  if (reload?.result === 'rejected') {
    const why = `${reload.faults[0] ?? ''} – generation ${generation} keeps serving`;
    const what = `Config rejected ${ago(reload.at, now)}: ${counted(reload.faults.length, 'fault')}`;
    alarms.push({ key: 'rejected', level: 'bad', what, why, href });
  }
  if (rolledBackTo !== undefined) {
    const what = `Rolled back to generation ${rolledBackTo}`;
    alarms.push({
      key: 'rolled back',
      level: 'note',
      what,
      why: 'until the config files change',
      href,
    });
  }
  if (restartRequired.length > 0) {
    const why = `changed, without effect until then: ${restartRequired.join(', ')}`;
    alarms.push({ key: 'restart', level: 'warn', what: 'Restart required', why, href });
  }
  return alarms;
}

/**
 * @param {Snapshot} snapshot
 * @param {number} now
 * @returns {Alarm[]}
 */
function outsideAlarms({ certificates, plugins, failingNames }, now) {
  return [
    ...certificates
      .filter(({ daysLeft }) => daysLeft < EXPIRING.warn)
      .map(({ name, daysLeft, expiresAt }) => ({
        key: `certificate ${name}`,
        level: /** @type {Level} */ (daysLeft < EXPIRING.bad ? 'bad' : 'warn'),
        what:
          daysLeft < 0
            ? `The certificate of ${name} has expired`
            : `The certificate of ${name} expires in ${counted(daysLeft, 'day')}`,
        why: expiresAt.slice(0, 10),
        href: addressOf('config'),
      })),
    ...plugins
      .filter(({ ok }) => !ok)
      .map(({ plugin, kind, name, since, lastError }) => ({
        key: `plugin ${plugin} ${kind} ${name}`,
        level: /** @type {Level} */ ('warn'),
        what: `${plugin}: ${kind} ${name} fails`,
        why: [lastError?.why, since && lasting(since, now)].filter(Boolean).join(', '),
        href: addressOf('config'),
      })),
    ...failingNames.map(({ name, error }) => ({
      key: `name ${name}`,
      level: /** @type {Level} */ ('warn'),
      what: `${name} is not resolved`,
      why: error === undefined ? '' : `${error.why}, ${ago(error.at, now)}`,
      href: addressOf('upstreams'),
    })),
  ];
}

/**
 * @param {GatewayFacts} gateway
 * @returns {Alarm[]}
 */
function processAlarms(gateway) {
  const { cpu, heapUsedBytes, heapLimitBytes, loopLagP99Ms, descriptors, logLinesDropped } =
    gateway;
  const { used = 0, allowed = Infinity } = descriptors;
  const heap = heapUsedBytes / heapLimitBytes;
  /** @type {(readonly [isWrong: boolean, key: string, what: string, why: string])[]} */
  const found = [
    [
      cpu > ALMOST.cpu,
      'cpu',
      `The process takes ${percent(cpu)} of a core`,
      'requests wait for it',
    ],
    [
      heap > ALMOST.heap,
      'heap',
      `${percent(heap)} of the heap is in use`,
      'the process ends when it is full',
    ],
    [
      used / allowed > ALMOST.descriptors,
      'descriptors',
      `${count(used)} of ${count(allowed)} descriptors are in use`,
      'without one, no connection is accepted',
    ],
    [
      loopLagP99Ms > LATE_MS,
      'late',
      `Timers are up to ${Math.round(loopLagP99Ms)} ms late`,
      'the process is busy',
    ],
    [
      logLinesDropped > 0,
      'log',
      `${counted(logLinesDropped, 'log line')} dropped`,
      'since the start: its reader is slow',
    ],
  ];
  return found
    .filter(([isWrong]) => isWrong)
    .map(([, key, what, why]) => ({ key, level: 'warn', what, why, href: addressOf('') }));
}
