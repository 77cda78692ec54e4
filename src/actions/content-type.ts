/** The `Content-Type` of a file, by the extension of its name. */
import mime from 'mime-types';

/** Bytes of no known type; browsers save them (RFC 9110 §8.3). */
const UNKNOWN = 'application/octet-stream';

/** RFC 9239 §6: the other names are obsolete. */
const SCRIPT = 'text/javascript';

/** With the charset for texts, which are UTF-8. */
export function contentTypeOf(name: string): string {
  const found = mime.lookup(name);
  if (found === false) return UNKNOWN;
  const type = found === 'application/javascript' ? SCRIPT : found;
  return mime.charset(type) === 'UTF-8' ? `${type}; charset=utf-8` : type;
}
