/** Which values of a config are secrets, by their keys or by what they hold: those are never shown. */
import type { Path } from '../fault.ts';
import { isSecretKey } from '../yaml/placeholders.ts';

/** Sections whose keys are names of somebody's choice. */
const NAMED = new Set<unknown>(['routes', 'upstreams', 'plugins']);

/** Is the part of `path` at `i` the key of a secret? Names of routes, upstreams and plugins are not. */
export const isSecretPart = (
  path: Path,
  i: number,
  plugins: Pick<ReadonlyMap<string, unknown>, 'has'>,
): boolean => {
  const part = path[i]!;
  const isName = (i === 1 && NAMED.has(path[0])) || plugins.has(String(part));
  return !isName && isSecretKey(part);
};

/** Is there a secret by its name below, a URL with a password, or a private key? */
export function holdsSecret(value: unknown): boolean {
  if (typeof value === 'string') return /:\/\/[^/?#]*@|PRIVATE KEY-----/.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, member]) => isSecretKey(key) || holdsSecret(member));
}
