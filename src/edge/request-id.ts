/** Request ids: unique across gateways and restarts, cheap, and meaningless to outsiders. */
import { randomBytes } from 'node:crypto';

/** Makes a generator: 12 random characters, then a count. */
export function requestIds(): () => string {
  const prefix = randomBytes(9).toString('base64url').replaceAll('_', '.');
  let count = 0;
  return () => `${prefix}-${(count++).toString(36)}`;
}
