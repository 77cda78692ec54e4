/**
 * The key under which a quota counts somebody. It is always a hash: the store must hold no names, addresses or API keys, and
 * what a client may choose must not fill it.
 */
import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { requestSource } from 'portico';

/** Of `quota`, for one value of its source. */
export const quotaKey = (quota: string, value: string): string =>
  `quota:${quota}:${hash('sha256', `=${value}`, 'base64url')}`;

export function quotaKeyOf(quota: string, by: string): (request: FastifyRequest) => string {
  const own = requestSource(by);
  const address = requestSource('address');
  return (request) => {
    const value = own(request);
    if (value !== undefined) return quotaKey(quota, value);
    // Leaving out the header must not escape the quota, nor may a client send another one's key.
    return `quota:${quota}:${hash('sha256', `-${address(request)}`, 'base64url')}`;
  };
}
