/**
 * The names of the services, and the ports that follow from the environment; whether the gateway has a store.
 *
 * Everything is on the loopback interface. The environment is passed in; only the two process entries,
 * service.ts and start.ts, read it.
 */

/** The one interface the demo uses. */
export const HOST = '127.0.0.1';

/** In the order of their ports, from the base on. */
export const SERVICE_NAMES = [
  'issuer',
  'users',
  'catalog',
  'orders',
  'payments',
  'inventory',
  'recommendations',
  'monolith',
  'shipping',
] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Address {
  readonly port: number;
  /** The origin, without a slash at its end. */
  readonly url: string;
}

export interface Addresses {
  readonly services: Readonly<Record<ServiceName, Address>>;
  readonly gateway: Address;
  readonly admin: Address;
}

/** The default of the issuer's port; see `DEMO_PORT_BASE`. */
export const DEFAULT_PORT_BASE = 4100;

/**
 * The address of each service: the issuer at `DEMO_PORT_BASE` (default 4100), the others after it.
 *
 * @throws {RangeError} when the base is not a port, or too high for nine in a row
 */
export function serviceAddresses(env: Environment): Addresses['services'] {
  const highest = 65_535 - (SERVICE_NAMES.length - 1);
  const base = readPort(env, 'DEMO_PORT_BASE', { fallback: DEFAULT_PORT_BASE, highest });
  const at = (name: ServiceName) => addressAt(base + SERVICE_NAMES.indexOf(name));
  return {
    issuer: at('issuer'),
    users: at('users'),
    catalog: at('catalog'),
    orders: at('orders'),
    payments: at('payments'),
    inventory: at('inventory'),
    recommendations: at('recommendations'),
    monolith: at('monolith'),
    shipping: at('shipping'),
  };
}

/**
 * The services and the gateway: `PORT` (default 8080) and `ADMIN_PORT` (default 9901), the names that
 * gateway.config.yaml reads.
 *
 * @throws {RangeError} when one of them is not a port
 */
export function demoAddresses(env: Environment): Addresses {
  return {
    services: serviceAddresses(env),
    gateway: addressAt(readPort(env, 'PORT', { fallback: 8080, highest: 65_535 })),
    admin: addressAt(readPort(env, 'ADMIN_PORT', { fallback: 9901, highest: 65_535 })),
  };
}

/**
 * Whether the gateway has a store of operations: `STORE`, `embedded` or `off` (default).
 *
 * @throws {RangeError} when it is anything else
 */
export function hasStore({ STORE = '' }: Environment): boolean {
  if (STORE === 'embedded') return true;
  if (STORE === 'off' || STORE === '') return false;
  throw new RangeError(`STORE="${STORE}" is neither "embedded" nor "off"`);
}

export function isServiceName(name: string | undefined): name is ServiceName {
  return SERVICE_NAMES.some((known) => known === name);
}

function addressAt(port: number): Address {
  return { port, url: `http://${HOST}:${port}` };
}

/** An empty variable counts as absent, as in the gateway's config. */
function readPort(
  env: Environment,
  name: string,
  { fallback, highest }: { fallback: number; highest: number },
): number {
  const text = env[name] ?? '';
  if (text === '') return fallback;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= highest) return port;
  throw new RangeError(`${name}="${text}" is not a port between 1 and ${highest}`);
}
