/**
 * The authorities by which an upstream may speak of itself: it knows its targets' addresses, the name that discovery
 * asked for, and the `Host` that it is sent.
 */
import type { TargetConfig, UpstreamConfig } from '../config/build/config.ts';
import { socketPathOf } from '../core/socket-path.ts';

type Named = Pick<UpstreamConfig, 'targets' | 'discover' | 'host'>;

/** Such as `orders:4001`; the port is left out where nothing tells it. */
export function ownNames({ targets, discover, host }: Named): ReadonlySet<string> {
  return new Set([
    ...targets.flatMap(namesOfTarget),
    ...(discover?.kind === 'dns' ? [discover.name.toLowerCase()] : []),
    // `target` and `client` are settings; what they stand for is known with each request.
    ...(host === 'target' || host === 'client' ? [] : [host.toLowerCase()]),
  ]);
}

const namesOfTarget = ({ origin, host }: TargetConfig): readonly string[] =>
  host === undefined ? [authorityOf(origin)] : [authorityOf(origin), host.toLowerCase()];

/** The authority that requests to the target at `origin` name, without a default port. */
export function authorityOf(origin: string): string {
  return socketPathOf(origin) === undefined ? new URL(origin).host : 'localhost';
}
