/** Logs about file descriptors: when the config needs too many, and when none are left. */
import type { Clock } from '../core/clock.ts';
import type { Config } from '../config/build/config.ts';
import { descriptorLimit } from '../core/descriptors.ts';
import { reserveOf } from './descriptor-reserve.ts';

interface Warner {
  warn(fields: object, message: string): void;
}

const PAUSE_MS = 60_000;

/** Says that none are left: once a minute, however often it is called. */
export function descriptorNotice(clock: Clock, log: Warner): () => void {
  let quietUntil = Number.NEGATIVE_INFINITY;
  return () => {
    const now = clock.now();
    if (now < quietUntil) return;
    quietUntil = now + PAUSE_MS;
    const limit = descriptorLimit();
    log.warn(
      { limit, reserve: reserveOf(limit) },
      'out of file descriptors: connections are refused. Raise the limit of the process (ulimit -n)',
    );
  };
}

/** Says at the start what could happen later. */
export function warnOfDescriptors(config: Config, log: Warner, limit = descriptorLimit()): void {
  const { connections } = config.server.limits;
  const pools = Object.values(config.upstreams).map(socketsOf);
  const needed = connections + pools.reduce((sum, sockets) => sum + sockets, 0) + reserveOf(limit);
  if (needed <= limit) return;
  log.warn(
    { limit, needed },
    'server.limits.connections and the connections of upstreams exceed what this process may open (ulimit -n)',
  );
}

/** Targets that are looked up count as one: their number is not known. */
function socketsOf({ connections, targets, health }: Config['upstreams'][string]): number {
  return Math.max(targets.length, 1) * (connections + (health === undefined ? 0 : 1));
}
