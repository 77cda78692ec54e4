/** The methods there are for clients: what Node's parser knows, over HTTP/2 as over HTTP/1.1. */
import { METHODS } from 'node:http';

/** Methods that a route may serve. TRACE would show what we add to a request (RFC 9110 §9.3.8). */
export const SERVED_METHODS: readonly string[] = METHODS.filter(
  (method) => method !== 'TRACE' && method !== 'CONNECT',
);

const SERVED: ReadonlySet<string> = new Set(SERVED_METHODS);

export const isServed = (method: string | undefined): boolean =>
  method !== undefined && SERVED.has(method);
