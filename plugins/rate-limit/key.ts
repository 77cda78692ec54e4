/** The key under which a limit counts a request. */
import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { requestSource } from 'portico';

/** Longer ones count by their hash: what a client may choose must not fill the memory. */
const KEY_CHARACTERS = 64;

/** Counts of all limits are kept together: a key names its route, and `limit`, too. */
export function keyOf(by: string, limit: string): (request: FastifyRequest) => string {
  const own = requestSource(by);
  const address = requestSource('address');
  const name = ` ${by} ${limit} `;
  return (request) => {
    const key = own(request);
    // Leaving out the header must not escape the limit, nor may a client send another one's key.
    const whose = key === undefined ? `-${address(request)}` : `=${short(key)}`;
    return request.gateway.route + name + whose;
  };
}

const short = (key: string): string =>
  key.length > KEY_CHARACTERS ? hash('sha256', key, 'base64url') : key;
