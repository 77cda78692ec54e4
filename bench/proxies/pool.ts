/** The sockets of a floor: no timeouts, one request at a time on each. */
import { Pool } from 'undici';
import { UPSTREAM_CONNECTIONS } from './connections.ts';

export const poolOf = (origin: string): Pool =>
  new Pool(origin, {
    connections: UPSTREAM_CONNECTIONS,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
