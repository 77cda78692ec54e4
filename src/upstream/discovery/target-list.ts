/** Turns what was found into a list of targets: the same answer always gives the same list. */
import { isIPv6 } from 'node:net';
import type { TargetConfig } from '../../config/build/config.ts';

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

export type Scheme = keyof typeof DEFAULT_PORTS;

/** The authority of an address or name and a port; the port is left out where `scheme` has it. */
export function authority(scheme: Scheme, host: string, port: number): string {
  const name = isIPv6(host) ? `[${host}]` : host;
  return port === DEFAULT_PORTS[scheme] ? name : `${name}:${port}`;
}

/** Written as the origins that a config lists: IPv6 in its short form. */
export const originOf = (scheme: Scheme, host: string, port: number): string =>
  new URL(`${scheme}://${authority(scheme, host, port)}`).origin;

/**
 * Each origin once, in an order of its own: by priority, then by origin.
 *
 * Of an origin that was found several times, the entry of the best priority counts, and of those
 * the one with the most weight.
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
