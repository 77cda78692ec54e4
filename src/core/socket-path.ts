/**
 * Paths of unix sockets, and how they are written where an origin could stand: `unix:/run/orders.sock`.
 */

/** What fits into `sockaddr_un` with the zero after it, on Linux. A longer path would be cut, or refused. */
const MOST_BYTES = 107;
const PREFIX = 'unix:';

/** The path in `unix:/run/orders.sock`; `undefined` if `origin` is that of a network. */
export const socketPathOf = (origin: string): string | undefined =>
  origin.startsWith(PREFIX) ? origin.slice(PREFIX.length) : undefined;

/** `unix:/run/orders.sock`. */
export const socketOrigin = (path: string): string => PREFIX + path;

/** The path in what a config says; `unix:///run/orders.sock` means the same. `undefined` if it is no such text. */
export const writtenSocketPath = (text: string): string | undefined =>
  socketPathOf(text)?.replace(/^\/\/(?=\/)/, '');

/** What is wrong with `path`; `undefined` if a socket can be there. */
export function socketPathFault(path: string): string | undefined {
  if (!path.startsWith('/')) {
    return `"${path}" is not an absolute path, such as /run/portico/orders.sock`;
  }
  if (path.endsWith('/') || /\p{Cc}/u.test(path)) return 'is not the path of a socket';
  const bytes = Buffer.byteLength(path);
  if (bytes <= MOST_BYTES) return undefined;
  return `has ${bytes} bytes, and the path of a unix socket has at most ${MOST_BYTES}: choose a shorter folder`;
}
