/** How the client of one request sees what its upstream speaks of. */
import { canonicalHost, hostName } from '../../core/canonical-host.ts';
import { canonicalPath, OWN_PATHS } from '../../core/canonical-path.ts';
import { GatewayError } from '../../core/errors.ts';

export interface ClientView {
  readonly scheme: 'http' | 'https';
  /** Canonical authority, with the port as the client sent it. */
  readonly host: string;
  /** Canonical path that the client asked for. */
  readonly asked: string;
  /** The one that was sent for it. */
  readonly sent: string;
  /** Authorities by which the upstream may speak of itself: `orders:4001`, `orders`. */
  readonly ownNames: ReadonlySet<string>;
  /**
   * The client's path for one of the upstream's; `undefined` if the route has none. Absent: both sides have
   * the same paths.
   */
  readonly pathBack: ((path: string) => string | undefined) | undefined;
}

const DEFAULT_PORTS: ReadonlySet<string> = new Set(['', ':80', ':443']);

/**
 * Does an authority, as a URL has it, name the upstream?
 *
 * Servers build URLs of themselves from the `Host` or `X-Forwarded-Host` that they get, with its port, their own, or
 * none. So each name counts with each port that is known; any other port is another service.
 */
export function namesUpstream(authority: string, view: ClientView): boolean {
  const canonical = canonicalHost(authority.slice(authority.lastIndexOf('@') + 1));
  if (canonical === undefined) return false;
  const name = hostName(canonical);
  const port = canonical.slice(name.length);
  const known = [view.host, ...view.ownNames];
  return (
    known.some((each) => hostName(each) === name) &&
    (DEFAULT_PORTS.has(port) || known.some((each) => each.endsWith(port)))
  );
}

/**
 * A path as upstreams write it, in the spelling that paths of requests have; `undefined` for one that the gateway
 * would refuse.
 */
export function readPath(path: string): string | undefined {
  // Node reads fields as Latin-1: a character is a byte, and browsers escape it.
  const ascii = path.replaceAll(
    /[\x80-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  try {
    return canonicalPath(ascii, OWN_PATHS);
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}
