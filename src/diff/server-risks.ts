/** What a change of `server` and `admin` admits. */
import { isDeepStrictEqual } from 'node:util';
import type { Config, ServerConfig } from '../config/build/config.ts';
import { includesRange, rangeText } from '../config/schema/address-range.ts';
import { listenerRisks } from './listener-risks.ts';
import type { FoundRisk } from './risk.ts';

export function* serverRisks(before: Config, after: Config): Generator<FoundRisk> {
  yield* adminRisks(before, after);
  yield* listenerRisks(before.server, after.server);
  yield* addressRisks(before.server, after.server);
  yield* pathRisks(before.server, after.server);
  yield* limitRisks(before.server, after.server);
}

function* adminRisks({ admin: before }: Config, { admin: after }: Config): Generator<FoundRisk> {
  if (before?.token === undefined || after === undefined || after.token !== undefined) return;
  const message = 'any program on this machine may reload and roll back: the token is gone';
  yield { rule: 'admin-token-removed', severity: 'high', path: ['admin'], message };
}

function* addressRisks(before: ServerConfig, after: ServerConfig): Generator<FoundRisk> {
  const [old, now] = [before.trustedProxies, after.trustedProxies];
  const path = ['server', 'trustedProxies'];
  const rule = 'addresses-believed';
  const more = now.filter((range) => !old.some((wide) => includesRange(wide, range)));
  if (more.length > 0) {
    const message = `peers in ${more.map(rangeText).join(', ')} may claim any client address`;
    yield { rule, severity: 'medium', path, message };
  } else if (!isDeepStrictEqual(old, now)) {
    const message =
      'requests through proxies that are no longer trusted have the address of the proxy';
    yield { rule, severity: 'medium', path, message };
  }
  if (before.clientAddress !== after.clientAddress) {
    const message = 'proxies tell the address of clients in another field';
    yield { rule, severity: 'medium', path: ['server', 'clientAddress'], message };
  }
}

function* pathRisks(
  { paths: before }: ServerConfig,
  { paths: after }: ServerConfig,
): Generator<FoundRisk> {
  const at = ['server', 'paths'];
  const rule = 'paths-loosened';
  if (before.handling === 'reject' && after.handling === 'normalize') {
    const message = 'paths that are not canonical are mended instead of refused';
    yield { rule, severity: 'low', path: [...at, 'handling'], message };
  }
  if (before.parameters === 'refuse' && after.parameters === 'keep') {
    const message = 'paths with parameters (;) reach upstreams';
    yield { rule, severity: 'low', path: [...at, 'parameters'], message };
  }
}

type Limits = ServerConfig['limits'];

/** By the key of `server.limits`: the most that a client may do, and where more is less strict. */
const LIMITS: Readonly<Record<string, (limits: Limits) => number>> = {
  body: ({ bodyBytes }) => bodyBytes,
  headers: ({ headersBytes }) => headersBytes,
  url: ({ urlBytes }) => urlBytes,
  headersTimeout: ({ headersTimeoutMs }) => headersTimeoutMs,
  idle: ({ idleMs }) => idleMs,
  minRate: ({ minRate }) => -minRate,
  readerIdle: ({ readerIdleMs }) => readerIdleMs,
  answer: ({ answerMs }) => answerMs,
  connections: ({ connections }) => connections,
  connectionsPerAddress: ({ connectionsPerAddress = Number.POSITIVE_INFINITY }) =>
    connectionsPerAddress,
};

function* limitRisks(
  { limits: before }: ServerConfig,
  { limits: after }: ServerConfig,
): Generator<FoundRisk> {
  for (const [key, of] of Object.entries(LIMITS)) {
    if (of(after) <= of(before)) continue;
    const isGone = !Number.isFinite(of(after));
    const rule = isGone ? 'limit-removed' : 'limit-raised';
    const message = isGone
      ? 'one address may open as many connections as all together'
      : 'clients may use more than before';
    yield { rule, severity: isGone ? 'medium' : 'low', path: ['server', 'limits', key], message };
  }
}
