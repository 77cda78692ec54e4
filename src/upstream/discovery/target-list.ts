/** Turns what was found into a list of targets. The same answer always gives the same list. */
import { isIPv6 } from 'node:net';
import type { TargetConfig } from '../../config/build/config.ts';

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

export type Scheme = keyof typeof DEFAULT_PORTS;

/** The authority of an address or name and a port; the default port of `scheme` is left out. */
export function authority(scheme: Scheme, host: string, port: number): string {
  const name = isIPv6(host) ? `[${host}]` : host;
  return port === DEFAULT_PORTS[scheme] ? name : `${name}:${port}`;
}

/** The origin in the form that configs use: IPv6 is shortened. */
export const originOf = (scheme: Scheme, host: string, port: number): string =>
  new URL(`${scheme}://${authority(scheme, host, port)}`).origin;

/**
 * Lists each origin once, ordered by priority, then by origin.
 *
 * If an origin was found several times, the entry with the best priority counts, and among those the one
 * with the most weight.
 */
export function targetList(targets: Iterable<TargetConfig>): TargetConfig[] {
  const best = new Map<string, TargetConfig>();
  for (const target of [...targets].toSorted(byRank)) {
    if (!best.has(target.origin)) best.set(target.origin, target);
  }
  return [...best.values()].toSorted(
    (a, b) => priority(a) - priority(b) || compare(a.origin, b.origin),
  );
}

const byRank = (a: TargetConfig, b: TargetConfig): number =>
  priority(a) - priority(b) || b.weight - a.weight || compare(a.host ?? '', b.host ?? '');

const priority = (target: TargetConfig): number => target.priority ?? 0;

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
