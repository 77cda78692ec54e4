/** The source of a key for a limit or a hash: one word in the config, read from a request. */
import type { FastifyRequest } from 'fastify';
import type { Consumer } from '../core/call.ts';
import { claimText } from '../core/claims.ts';
import { firstValue } from '../core/headers.ts';
import { cookieValue } from './cookie.ts';
import { exchangeOf } from './client-exchange.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** What `plugin:x` reads from a request, by the name of the plugin. */
    readonly pluginKeys: Map<string, RequestSource>;
  }
}

/** The key of one request; `undefined` if it has none. */
export type RequestSource = (request: FastifyRequest) => string | undefined;

/**
 * Compiles `consumer`, `address`, `route`, `header:x`, `cookie:x`, `claim:x` or `plugin:x`.
 *
 * `consumer` falls back to the address if nobody authenticated. An IPv6 address counts as its /64,
 * because one client usually has all of that.
 */
export function requestSource(source: string): RequestSource {
  const [kind = '', ...rest] = source.split(':');
  const name = rest.join(':');
  switch (kind) {
    case 'consumer':
      return (request) => consumerKey(request) ?? addressKey(request);
    case 'address':
      return addressKey;
    case 'route':
      return (request) => exchangeOf(request.raw).route;
    case 'header':
      return ({ raw }) => firstValue(raw.headers[name.toLowerCase()]);
    case 'cookie':
      return ({ raw }) => cookieValue(raw.headers.cookie, name);
    case 'claim':
      return claimKey(name);
    case 'plugin':
      return (request) => request.server.pluginKeys.get(name)?.(request);
    default:
      throw new RangeError(`"${source}" is not a source`);
  }
}

function consumerKey(request: FastifyRequest): string | undefined {
  const { consumer } = exchangeOf(request.raw);
  return consumer && (consumerKeys.get(consumer) ?? newConsumerKey(consumer));
}

/** Keys by consumer, so that each is built once: a repeated token gives the same consumer. */
const consumerKeys = new WeakMap<Consumer, string>();

function newConsumerKey(consumer: Consumer): string {
  const key = `${consumer.via}:${consumer.issuer ?? ''}:${consumer.id}`;
  consumerKeys.set(consumer, key);
  return key;
}

function addressKey(request: FastifyRequest): string {
  return networkOf(exchangeOf(request.raw).peer.address);
}

function claimKey(path: string): RequestSource {
  const read = claimText(path);
  return ({ raw }) => read(exchangeOf(raw).consumer?.claims);
}

/** IPv4 unchanged; IPv6 as its first four groups. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - groups.length - after.length }, () => '0');
  const all = tail === undefined ? groups : [...groups, ...zeros, ...after];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
