/** Origins as `cors` names them: one, all below a name (`https://*.example.com`), or `*`. */
import { originFault } from '../shared/origins.ts';

/** A sample for the names that a `*` matches. */
const ANY = '://any.';

/** The same, where `https://*.example.com` is all names below that one. */
export function patternFault(text: string): string | undefined {
  return originFault(text.replace('://*.', ANY))?.replace(ANY, '://*.');
}

/** Does `pattern` name `origin`? */
export function isNamedBy(pattern: string, origin: string): boolean {
  if (pattern === '*' || pattern === origin) return true;
  const [scheme = '', host] = pattern.split('://*');
  // Any name below it, of the same scheme and port.
  return (
    host !== undefined &&
    origin.startsWith(`${scheme}://`) &&
    origin.endsWith(host) &&
    /^[\w.-]+$/.test(origin.slice(`${scheme}://`.length, -host.length))
  );
}
