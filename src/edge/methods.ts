/** The methods that clients may use: those of Node's parser, over HTTP/2 as well as HTTP/1.1. */
import { http } from '../core/node-http.ts';

/**
 * Methods that a route may serve. Not TRACE, which would reveal the fields that the gateway adds (RFC
 * 9110 §9.3.8).
 */
export const SERVED_METHODS: readonly string[] = http.METHODS.filter(
  (method) => method !== 'TRACE' && method !== 'CONNECT',
);

const SERVED: ReadonlySet<string> = new Set(SERVED_METHODS);

export const isServed = (method: string | undefined): boolean =>
  method !== undefined && SERVED.has(method);
