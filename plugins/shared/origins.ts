/**
 * Origins as browsers send them in `Origin` (RFC 6454 §6.2, Fetch standard): one in any other form
 * would never match, and nobody would know why.
 */

/** Pages of these have no origin to tell: their requests say `null`, or there are none. */
const WITHOUT_ORIGIN: ReadonlySet<string> = new Set([
  'about:',
  'blob:',
  'data:',
  'file:',
  'ftp:',
  'javascript:',
  'ws:',
  'wss:',
]);

const HOST = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d+)?$/i;

/** What a browser sends for `text`; `undefined` where none would send anything like it. */
function sentFor(text: string): string | undefined {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, host, origin, username, password } = new URL(text);
  if (WITHOUT_ORIGIN.has(protocol) || !HOST.test(host) || username + password !== '') {
    return undefined;
  }
  // Of apps' own schemes (`capacitor:`, `tauri:`) the parser knows no origin; browsers send this.
  return origin === 'null' ? `${protocol}//${host}` : origin;
}

/** @returns why `text` is not an origin that a browser sends; `undefined` if it is one */
export function originFault(text: string): string | undefined {
  const sent = sentFor(text);
  if (sent === text) return undefined;
  return sent === undefined
    ? 'must be an origin as browsers send it, such as https://shop.example.com, http://[::1]:3000 or capacitor://localhost'
    : `must be an origin as browsers send it: "${sent}"`;
}
