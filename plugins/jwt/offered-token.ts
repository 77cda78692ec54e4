/**
 * A token among the subprotocols that a WebSocket offers, since browsers can set no other field for one:
 * `new WebSocket(url, ['bearer', token])`.
 */
import type { IncomingHttpHeaders } from 'node:http';

const FIELD = 'sec-websocket-protocol';

/** Takes the subprotocol `name` and the token after it out of `headers`. */
export function takeOffered(headers: IncomingHttpHeaders, name: string): string | undefined {
  const field = headers[FIELD];
  if (field === undefined) return undefined;
  const offered = field.split(',').map((each) => each.trim());
  const at = offered.indexOf(name);
  if (at < 0) return undefined;
  const [, token] = offered.splice(at, 2);
  if (offered.length === 0) delete headers[FIELD];
  else headers[FIELD] = offered.join(', ');
  return token;
}
