/** Tells a screen reader what has gone wrong, and what is well again: once, not each second. */
import { alarmsOf } from './alarms.js';

/** @import { Snapshot } from '../page-data.ts' */
/** @import { Alarm } from './alarms.js' */
/** @import { Connection } from './connection.js' */

/** @param {HTMLElement} region  a live region */
export function createNews(region) {
  /** @type {ReadonlyMap<string, Alarm>} */
  let before = new Map();
  /** @param {string} text */
  const say = (text) => {
    region.textContent = text;
  };
  return {
    say,
    /**
     * @param {Snapshot | undefined} last
     * @param {Snapshot} next
     * @param {number} now
     */
    compare(last, next, now) {
      const alarms = alarmsOf(next, now).filter(({ level }) => level === 'bad' || level === 'warn');
      const after = new Map(alarms.map((alarm) => [alarm.key, alarm]));
      const isRestarted = last !== undefined && last.gateway.startedAt !== next.gateway.startedAt;
      const told = [
        ...(isRestarted ? ['The gateway was restarted.'] : []),
        ...alarms.filter(({ key }) => !before.has(key)).map(({ what, why }) => `${what}. ${why}`),
        ...[...before.values()]
          .filter(({ key }) => !after.has(key))
          .map(({ what }) => `Over: ${what}`),
      ];
      before = after;
      if (told.length > 0) say(told.join(' '));
    },
    /**
     * @param {Connection} last
     * @param {Connection} next
     */
    connection(last, next) {
      if (last.kind !== 'lost' && next.kind === 'lost') say(`Connection lost: ${next.why}.`);
      if (last.kind === 'lost' && next.kind === 'live') say('Connected again.');
    },
  };
}
