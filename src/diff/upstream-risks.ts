/** What a change of an upstream's config does to the safety of calls to it. */
import type { UpstreamConfig } from '../config/build/config.ts';
import type { FoundRisk } from './risk.ts';
import type { Side } from './side.ts';

export function* upstreamRisks(before: Side, after: Side): Generator<FoundRisk> {
  for (const [name, upstream] of Object.entries(after.config.upstreams)) {
    const old = before.config.upstreams[name];
    if (old !== undefined) yield* risksOf(name, old, upstream);
  }
}

function* risksOf(
  name: string,
  before: UpstreamConfig,
  after: UpstreamConfig,
): Generator<FoundRisk> {
  const risk = (keys: readonly string[], message: string): FoundRisk => ({
    rule: 'tls-weakened',
    severity: 'medium',
    path: ['upstreams', name, ...keys],
    message,
  });
  if (isSecure(before) && !isSecure(after)) {
    const key = after.discover === undefined ? 'targets' : 'discover';
    yield risk([key], 'calls are no longer encrypted, and nobody verifies who answers');
  }
  const [old, now] = [before.tls ?? {}, after.tls ?? {}];
  if (old.ca !== undefined && old.ca !== now.ca) {
    const who = now.ca === undefined ? 'any public authority' : 'another authority';
    yield risk(['tls', 'ca'], `${who} may vouch for it`);
  }
  if (old.servername !== now.servername && isSecure(after)) {
    yield risk(['tls', 'servername'], 'certificates for another name are accepted');
  }
}

/** All targets are called over TLS. */
function isSecure({ targets, discover }: UpstreamConfig): boolean {
  if (discover !== undefined) return discover.scheme === 'https';
  return targets.every(({ origin }) => origin.startsWith('https:'));
}
