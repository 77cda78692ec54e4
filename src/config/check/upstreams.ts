/** Finds what a schema cannot see in an upstream: keys that need or exclude each other. */
import type { Finding, Path } from '../fault.ts';
import { writtenSocketPath } from '../../core/socket-path.ts';
import { foreignWord } from './foreign-hints.ts';
import { DnsDiscovery } from '../schema/discover.ts';
import { HealthOptions } from '../schema/target-health.ts';
import { UpstreamOptions } from '../schema/upstream.ts';
import { nearest } from './suggest.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

const HEALTH_KEYS = Object.keys(HealthOptions.shape);

/** Every finding about `upstreams`. */
export function* checkUpstreams({ defaults, upstreams }: Tree): Generator<Finding> {
  if (!isMap(upstreams)) return;
  const common = isMap(defaults) && isMap(defaults['upstreams']) ? defaults['upstreams'] : {};
  for (const [name, upstream] of Object.entries(upstreams)) {
    if (!isMap(upstream)) continue;
    const path: Path = ['upstreams', name];
    yield* checkOrigins(upstream, path);
    yield* checkTwice(upstream['targets'], [...path, 'targets']);
    yield* checkConnections(upstream, common, path);
    yield* checkHealth(upstream, common, path);
    const { discover } = upstream;
    if (isMap(discover)) yield* checkPort(discover, [...path, 'discover']);
  }
}

/** Targets are listed or looked up. */
function* checkOrigins(upstream: Tree, path: Path): Generator<Finding> {
  const { targets, discover } = upstream;
  if (targets !== undefined && discover !== undefined) {
    const message = 'cannot be combined with "targets": list them or look them up';
    yield { path: [...path, 'discover'], at: 'key', message };
  }
  if (targets !== undefined || discover !== undefined) return;
  const known = Object.keys(UpstreamOptions.shape);
  if (hasMisspelt(['targets', 'discover'], upstream, path, known)) return;
  const message = 'has no targets: list them in "targets", or look them up with "discover"';
  yield { path, at: 'key', message };
}

/** A target that is listed twice would be counted, judged and ejected as two. */
function* checkTwice(targets: unknown, path: Path): Generator<Finding> {
  if (!Array.isArray(targets)) return;
  const seen = new Set<string>();
  for (const [i, target] of targets.entries()) {
    const written: unknown = isMap(target) ? target['url'] : target;
    if (typeof written !== 'string') continue;
    const href = writtenSocketPath(written) ?? (URL.canParse(written) && new URL(written).href);
    if (href === false) continue;
    if (seen.has(href)) {
      const message = 'is listed twice; to give it a larger share use `weight`';
      yield { path: [...path, i], message };
    }
    seen.add(href);
  }
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

/** Targets are asked by HTTP or by gRPC, which goes over HTTP/2 alone. */
function* checkHealth(upstream: Tree, common: Tree, path: Path): Generator<Finding> {
  const { health, http2 } = { ...common, ...upstream };
  if (!isMap(health)) return;
  const at: Path = upstream['health'] === undefined ? ['defaults', 'upstreams'] : path;
  const { path: asked, grpc, statuses } = health;
  if (grpc === undefined) {
    if (
      asked !== undefined ||
      hasMisspelt(['path', 'grpc'], health, [...at, 'health'], HEALTH_KEYS)
    )
      return;
    const message = 'has nothing to ask: give the "path" of a GET, or a service as "grpc"';
    yield { path: [...at, 'health'], message };
    return;
  }
  for (const [key, value] of [
    ['path', asked],
    ['statuses', statuses],
  ] as const) {
    if (value === undefined) continue;
    const message = 'cannot be combined with "grpc", which asks one fixed method';
    yield { path: [...at, 'health', key], at: 'key', message };
  }
  if (http2 === true) return;
  yield { path: [...at, 'health', 'grpc'], message: 'needs "http2: true" of this upstream' };
}

/** SRV records carry a port, addresses do not. */
function* checkPort(discover: Tree, path: Path): Generator<Finding> {
  const { dns, type = 'A', port } = discover;
  if (dns === undefined) return;
  if (type === 'SRV' && port !== undefined) {
    const message = 'cannot be combined with the type SRV: its records carry the port';
    yield { path: [...path, 'port'], at: 'key', message };
  }
  if ((type !== 'A' && type !== 'AAAA') || port !== undefined) return;
  if (hasMisspelt(['port'], discover, path, Object.keys(DnsDiscovery.shape))) return;
  yield { path, message: `needs a port: ${type} records carry none` };
}

/** Was one of `wanted` misspelt? The schema reports the key, and what it should be. */
export function hasMisspelt(
  wanted: readonly string[],
  map: Tree,
  at: Path,
  known: readonly string[],
): boolean {
  const unknown = Object.keys(map).filter((key) => !known.includes(key));
  return unknown.some((key) =>
    wanted.includes(foreignWord(at, key)?.means ?? nearest(key, known) ?? ''),
  );
}
