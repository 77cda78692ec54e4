/**
 * What we use of undici and it does not export: members that it keeps under symbols of its own, found by
 * their shape. Where one is not found, its guard is absent without a word, so every one of them has a row in
 * test/upstream/undici-members.test.ts, which fails when a version of undici lacks it.
 */
import type { ClientHttp2Session } from 'node:http2';
import { Socket } from 'node:net';

/** The version of undici that the shapes were taken from. */
export const READ_IN = '8.12.4';

/** A member, and how to tell it from the others of its owner. */
export interface Member<T> {
  /** What undici calls it. */
  readonly name: string;
  /** The class that has it. */
  readonly owner: string;
  readonly is: (value: unknown) => value is T;
}

/** An HTTP/1.1 parser, as far as we look into it. */
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

/** One of undici's for each request; fields are names and values in turn. */
export interface WireRequest {
  readonly headers: unknown[];
}

/** How a client writes HTTP/1.1. */
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

/** The member of `owner`; `undefined` where this undici has none. */
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
