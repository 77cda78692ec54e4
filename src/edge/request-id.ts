/** Ids of requests: unique across gateways and restarts, cheap, and telling nothing. */
import { randomBytes } from 'node:crypto';

/** Makes a generator: 12 random characters of the process, then a count. */
export function requestIds(): () => string {
  const prefix = randomBytes(9).toString('base64url').replaceAll('_', '.');
  let count = 0;
  return () => `${prefix}-${(count++).toString(36)}`;
}
