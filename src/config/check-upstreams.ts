/** What a schema can not see of an upstream: keys that need each other, or exclude each other. */
import type { Finding, Path } from './fault.ts';
import { DnsDiscovery } from './schema-discover.ts';
import { UpstreamOptions } from './schema-upstream.ts';
import { nearest } from './suggest.ts';
import { isMap, type Tree } from './tree.ts';

/** Every finding about `upstreams`. */
export function* checkUpstreams({ defaults, upstreams }: Tree): Generator<Finding> {
  if (!isMap(upstreams)) return;
  const common = isMap(defaults) && isMap(defaults['upstreams']) ? defaults['upstreams'] : {};
  for (const [name, upstream] of Object.entries(upstreams)) {
    if (!isMap(upstream)) continue;
    const path: Path = ['upstreams', name];
    yield* checkOrigins(upstream, path);
    yield* checkConnections(upstream, common, path);
    const { discover } = upstream;
    if (isMap(discover)) yield* checkPort(discover, [...path, 'discover']);
  }
}

/** Targets are listed or looked up. */
function* checkOrigins(upstream: Tree, path: Path): Generator<Finding> {
  const { targets, discover } = upstream;
  if (targets !== undefined && discover !== undefined) {
    const message = 'does not go with "targets": they are listed, or looked up';
    yield { path: [...path, 'discover'], at: 'key', message };
  }
  if (targets !== undefined || discover !== undefined) return;
  if (hasMisspelt(['targets', 'discover'], upstream, Object.keys(UpstreamOptions.shape))) return;
  const message = 'has no targets: list them in "targets", or look them up with "discover"';
  yield { path, at: 'key', message };
}

function* checkConnections(upstream: Tree, common: Tree, path: Path): Generator<Finding> {
  const { connections, bulkhead } = { ...common, ...upstream };
  const { concurrency = 128 } = isMap(bulkhead) ? bulkhead : {};
  if (typeof connections !== 'number' || typeof concurrency !== 'number') return;
  if (connections >= concurrency) return;
  const written = isMap(bulkhead) && bulkhead['concurrency'] !== undefined;
  yield {
    path: [...path, upstream['connections'] === undefined ? 'bulkhead' : 'connections'],
    message: `fewer connections than the bulkhead's concurrency${written ? '' : ' (128)'}: calls would wait unseen`,
  };
}

/** SRV records carry a port, addresses do not. */
function* checkPort(discover: Tree, path: Path): Generator<Finding> {
  const { dns, type = 'A', port } = discover;
  if (dns === undefined) return;
  if (type === 'SRV' && port !== undefined) {
    const message = 'does not go with the type SRV: its records carry the port';
    yield { path: [...path, 'port'], at: 'key', message };
  }
  if ((type !== 'A' && type !== 'AAAA') || port !== undefined) return;
  if (hasMisspelt(['port'], discover, Object.keys(DnsDiscovery.shape))) return;
  yield { path, message: `needs a port: records of type ${type} carry none` };
}

/** Was one of `wanted` written wrongly? The schema tells of the key, and what it should be. */
export function hasMisspelt(
  wanted: readonly string[],
  map: Tree,
  known: readonly string[],
): boolean {
  const unknown = Object.keys(map).filter((key) => !known.includes(key));
  return unknown.some((key) => wanted.includes(nearest(key, known) ?? ''));
}
