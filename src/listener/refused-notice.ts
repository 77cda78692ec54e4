/** Logs why connections are refused: once a minute for each listener, with how many there were since. */
import type { Clock } from '../core/clock.ts';

interface Warner {
  warn(fields: object, message: string): void;
}

const PAUSE_MS = 60_000;

export function refusedNotice(
  listener: string,
  clock: Clock,
  log: Warner,
): (peer: string, why: string) => void {
  let quietUntil = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return (peer, why) => {
    const now = clock.now();
    if (now < quietUntil) {
      untold += 1;
      return;
    }
    quietUntil = now + PAUSE_MS;
    const more = untold === 0 ? {} : { untold };
    log.warn({ listener, peer, why, ...more }, 'connection refused: PROXY protocol');
    untold = 0;
  };
}
