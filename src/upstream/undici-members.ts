/**
 * Members of undici that it does not export: they are stored under private symbols and found by their
 * shape. If one is missing, its guard is silently absent. So each has a row in
 * test/upstream/undici-members.test.ts, which fails if a version of undici lacks it.
 */
import type { ClientHttp2Session } from 'node:http2';
import { Socket } from 'node:net';
import { Client } from 'undici';

/** The version of undici whose shapes these are. */
export const READ_IN = '8.12.4';

/** A member, and how to tell it from its owner's other members. */
export interface Member<T> {
  /** Its name in undici. */
  readonly name: string;
  /** The class that has it. */
  readonly owner: string;
  readonly is: (value: unknown) => value is T;
}

/** The parts of an HTTP/1.1 parser that we use. */
export interface Parser {
  readonly ptr: number;
  readonly llhttp: {
    llhttp_get_http_major(ptr: number): number;
    llhttp_get_http_minor(ptr: number): number;
    llhttp_set_lenient_keep_alive(ptr: number, isLenient: 0 | 1): void;
  };
  readonly socket: Socket;
  readonly statusCode: number;
  readonly headers: readonly unknown[];
  readonly hasTransferEncoding: boolean;
  onHeadersComplete(status: number, upgrade: boolean, shouldKeepAlive: boolean): number;
}

/** undici's own request object; `headers` holds names and values in turn. */
export interface WireRequest {
  readonly headers: unknown[];
}

/** The part of a client that writes HTTP/1.1. */
export interface HttpContext {
  readonly version: string;
  write(request: WireRequest): boolean;
}

export const SOCKET: Member<Socket> = {
  name: 'kSocket',
  owner: 'Client',
  is: (value) => value instanceof Socket,
};

export const CONTEXT: Member<HttpContext> = {
  name: 'kHTTPContext',
  owner: 'Client',
  is: (value): value is HttpContext =>
    hasMethods<HttpContext>(value, 'write') && value.version === 'h1',
};

export const PARSER: Member<Parser> = {
  name: 'kParser',
  owner: 'Socket',
  is: (value): value is Parser =>
    hasMethods<Parser>(value, 'onHeadersComplete') && value.llhttp !== undefined,
};

export const SESSION: Member<ClientHttp2Session> = {
  name: 'kHTTP2Session',
  owner: 'Socket',
  is: (value) => hasMethods<ClientHttp2Session>(value, 'request', 'goaway'),
};

/** A pool's own bound on its connections, by the description of its symbol: a number. */
export const LIMIT = 'connections';

/** How many requests a client has: a getter of its class, without the object that `stats` makes each time. */
const SIZE = Object.getOwnPropertySymbols(Client.prototype).find(
  ({ description }) => description === 'size',
);

/** Requests of `client` that run or wait. */
export function sizeOf(client: Client): number {
  if (SIZE === undefined) return client.stats.size;
  // The cast holds: the getter of this name gives a number; undici-members.test.ts compares it with `stats`.
  return (client as unknown as Readonly<Record<symbol, number>>)[SIZE]!;
}

/** The member of `owner`; `undefined` if this undici lacks it. */
export function memberOf<T>(owner: object, { is }: Member<T>): T | undefined {
  const members = owner as Readonly<Record<symbol, unknown>>;
  return Object.getOwnPropertySymbols(owner)
    .map((symbol) => members[symbol])
    .find(is);
}

const hasMethods = <T>(value: unknown, ...names: (keyof T)[]): value is T =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof (value as Partial<T>)[name] === 'function');
