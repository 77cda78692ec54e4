/** What a change of listeners admits. */
import { isDeepStrictEqual } from 'node:util';
import type { ListenerConfig, ServerConfig, ServerTlsConfig } from '../config/build/config.ts';
import type { Severity } from '../config/audit/audit.ts';
import type { Path } from '../config/fault.ts';
import { includesRange, rangeText } from '../config/schema/address-range.ts';
import { isLoopback } from '../config/schema/public-http.ts';
import type { FoundRisk } from './risk.ts';

/** A listener is the same one if it has the same name, or else the same address. */
export function* listenerRisks(
  { listeners: before }: ServerConfig,
  { listeners: after }: ServerConfig,
): Generator<FoundRisk> {
  for (const listener of after) {
    const known =
      before.find(({ name }) => name === listener.name) ??
      before.find(({ address }) => isDeepStrictEqual(address, listener.address)) ??
      (before.length === 1 && after.length === 1 ? before[0] : undefined);
    if (known === undefined) yield* addedRisks(listener, before);
    else {
      yield* tlsRisks(known.tls, listener.tls, [...listener.at, 'tls']);
      yield* exposedRisks(known, listener);
      yield* plainRisks(known, listener);
      yield* proxyRisks(known, listener);
    }
  }
}

function* addedRisks(
  { address, tls, redirectHttps, at }: ListenerConfig,
  before: readonly ListenerConfig[],
): Generator<FoundRisk> {
  if (isLocal(address) || redirectHttps !== undefined) return;
  const isWeaker = tls === undefined && before.every((each) => each.tls !== undefined);
  const message = isWeaker
    ? 'clients on other machines can connect here too, and without TLS'
    : 'clients on other machines can connect here too';
  yield { rule: 'listener-added', severity: isWeaker ? 'high' : 'medium', path: at, message };
}

function* exposedRisks(before: ListenerConfig, after: ListenerConfig): Generator<FoundRisk> {
  const rule = 'server-exposed';
  const severity = 'medium';
  if (isLocal(before.address) && !isLocal(after.address)) {
    const message = 'clients on other machines can connect';
    yield { rule, severity, path: [...after.at, 'host'], message };
  }
  if (!('mode' in before.address) || !('mode' in after.address)) return;
  if ((after.address.mode & ~before.address.mode & WRITE) === 0) return;
  const message = 'more users of this machine can connect';
  yield { rule, severity, path: [...after.at, 'mode'], message };
}

function* plainRisks(before: ListenerConfig, after: ListenerConfig): Generator<FoundRisk> {
  if (before.redirectHttps === undefined || after.redirectHttps !== undefined) return;
  if (after.tls !== undefined) return;
  const message = 'clients are served without TLS, and no longer sent to https';
  yield { rule: 'tls-weakened', severity: 'high', path: after.at, message };
}

function* proxyRisks(
  { proxyProtocol: before }: ListenerConfig,
  { proxyProtocol: after, at }: ListenerConfig,
): Generator<FoundRisk> {
  const rule = 'addresses-believed';
  const path = [...at, 'proxyProtocol'];
  if (after === undefined) {
    if (before === undefined) return;
    const message =
      'clients have the address of the proxy in front, unless it is asked for otherwise';
    yield { rule, severity: 'medium', path, message };
    return;
  }
  const old = before?.from ?? [];
  const more = after.from.filter((range) => !old.some((wide) => includesRange(wide, range)));
  if (more.length === 0) return;
  const message = `peers in ${more.map(rangeText).join(', ')} may claim any client address`;
  yield { rule, severity: 'medium', path, message };
}

/** Whoever may write to a socket may connect. */
const WRITE = 0o222;

const isLocal = (address: ListenerConfig['address']): boolean =>
  'socket' in address || isLoopback(address.host);

function* tlsRisks(
  before: ServerTlsConfig | undefined,
  after: ServerTlsConfig | undefined,
  path: Path,
): Generator<FoundRisk> {
  if (before === undefined) return;
  const risk = (severity: Severity, key: string, message: string): FoundRisk => ({
    rule: 'tls-weakened',
    severity,
    path: key === '' ? path : [...path, key],
    message,
  });
  if (after === undefined) {
    yield risk('high', '', 'clients are served without TLS');
    return;
  }
  const [old, now] = [before.client, after.client];
  if (old !== undefined && now === undefined) {
    yield risk('high', 'clientCa', 'clients are not asked for certificates');
  } else if (now !== undefined && old !== undefined) {
    if (old.ca.text !== now.ca.text) {
      yield risk('medium', 'clientCa', 'another authority decides which certificates are valid');
    }
    if (old.isRequired && !now.isRequired) {
      yield risk('medium', 'clientAuth', 'clients may connect without a certificate');
    }
  }
  if (after.minVersion < before.minVersion) {
    yield risk('medium', 'minVersion', `clients may use ${after.minVersion}`);
  }
}
