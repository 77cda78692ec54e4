/**
 * Gives every path one spelling, before anything reads it: router, plugins and upstream all see the same
 * string.
 *
 * If two components read one path in two ways, requests can bypass a guard (`/./admin`,
 * `/%61dmin`, `/admin/..;/x`). A path that could still be read in two ways is refused.
 */
import { GatewayError } from './errors.ts';
import { hasParameters } from './path-parameters.ts';

export interface PathRules {
  /** `reject` refuses a path that is not already canonical. */
  readonly handling: 'normalize' | 'reject';
  /** `%2F`: refuse it, or keep it as data that never separates. */
  readonly escapedSlash: 'refuse' | 'keep';
  /** `;` and `%3B`: refuse them, or keep them; see path-parameters.ts. */
  readonly parameters: 'refuse' | 'keep';
}

/** For paths made by the gateway from pieces that are already checked. */
export const OWN_PATHS: PathRules = {
  handling: 'normalize',
  escapedSlash: 'keep',
  parameters: 'keep',
};

/**
 * Nothing to do: only path characters, no escape, no `;`. Double slashes and dots are checked separately.
 */
const PLAIN = /^\/[A-Za-z0-9\-._~!$&'()*+,=:@/]*$/;
const UNRESERVED = /[A-Za-z0-9\-._~]/;
/** `pchar` of RFC 3986 §3.3, without `%`. */
const PATH_CHARACTER = /[A-Za-z0-9\-._~!$&'()*+,;=:@/]/;
/** A dot segment with parameters, or one that an escaped slash delimits. */
const DISGUISED_DOTS = /(?:^|%2F)\.{1,2}(?:;|%3B|%2F|$)/;

/**
 * The canonical spelling of `path` (RFC 3986 §6.2.2): unreserved characters decoded, other escapes
 * in capitals, dot segments resolved, slashes merged.
 *
 * @param path starts with `/`, without a query
 * @throws GW_REQUEST_INVALID for what could be read in two ways
 */
export function canonicalPath(path: string, rules: PathRules): string {
  if (PLAIN.test(path) && !path.includes('//') && !path.includes('/.')) return path;
  const canonical = resolveSegments(canonicalEscapes(path, rules));
  if (rules.handling === 'reject' && canonical !== path) {
    throw refused('the path is not canonical');
  }
  if (rules.parameters === 'refuse' && hasParameters(canonical)) {
    throw refused('the path has parameters (;)');
  }
  return canonical;
}

const refused = (detail: string): GatewayError => new GatewayError('GW_REQUEST_INVALID', detail);

function canonicalEscapes(path: string, rules: PathRules): string {
  let out = '';
  for (let i = 0; i < path.length; i++) {
    const character = path[i]!;
    if (character === '%') {
      out += canonicalEscape(path.slice(i + 1, i + 3), rules);
      i += 2;
    } else out += PATH_CHARACTER.test(character) ? character : escapeRaw(character);
  }
  return out;
}

function canonicalEscape(digits: string, rules: PathRules): string {
  if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw refused('the path contains an invalid escape');
  const code = Number.parseInt(digits, 16);
  const character = String.fromCharCode(code);
  if (UNRESERVED.test(character)) return character;
  if (code < 0x20 || code === 0x7f) throw refused('the path contains a control character');
  if (code === 0x5c) throw refused('the path contains a backslash');
  if (code === 0x2f && rules.escapedSlash === 'refuse') throw refused('the path contains %2F');
  return `%${digits.toUpperCase()}`;
}

function escapeRaw(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20 || code === 0x7f) throw refused('the path contains a control character');
  if (character === '\\') throw refused('the path contains a backslash');
  if (character === '#') throw refused('the path contains a #');
  // Node's HTTP/1 parser refuses these, so HTTP/2 does too: their encoding is unknown.
  if (code >= 0x80) throw refused('the path contains a character that must be escaped');
  return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** RFC 3986 §5.2.4, on whole segments; empty ones are removed. */
function resolveSegments(path: string): string {
  const out: string[] = [];
  const segments = path.split('/');
  const last = segments.at(-1)!;
  for (const [i, segment] of segments.entries()) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      out.pop();
      continue;
    }
    if (DISGUISED_DOTS.test(segment)) throw refused('the path contains a disguised dot segment');
    // An empty segment to servers that drop parameters: Tomcat reads `/;x/admin` as `/admin`
    // (CVE-2020-11989).
    if (/^(?:;|%3B)/.test(segment) && i < segments.length - 1) {
      throw refused('the path contains a disguised double slash');
    }
    out.push(segment);
  }
  const isFolder = last === '' || last === '.' || last === '..';
  return out.length === 0 ? '/' : `/${out.join('/')}${isFolder ? '/' : ''}`;
}

/**
 * Encodes `value` as exactly one path segment, for templates and rewrites.
 *
 * @throws {RangeError} for what cannot be a segment: empty, dots, a backslash, control characters, > 1
 *   KiB
 */
export function encodeSegment(value: string): string {
  if (SEGMENT.test(value) && !isDots(value)) return value;
  if (value === '' || isDots(value)) {
    throw new RangeError(`${JSON.stringify(value)} cannot be a path segment`);
  }
  if (value.includes('\\')) throw new RangeError('a value with a backslash');
  return encodeURIComponent(checkText(value)).replaceAll(SEGMENT_ESCAPES, decodeURIComponent);
}

const isDots = (value: string): boolean => value === '.' || value === '..';

/** A value without anything to escape, as nearly all are. */
const SEGMENT = /^[A-Za-z0-9._~!$&'()*+,=:@-]{1,1024}$/;

/**
 * Characters that encodeURIComponent escapes but a segment may hold; not `;`, which starts parameters.
 */
const SEGMENT_ESCAPES = /%(?:24|26|2B|2C|3A|3D|40)/g;

/**
 * Encodes `value` as a value or a name in a query string.
 *
 * @throws {RangeError} for what no query can hold
 */
export function encodeQueryValue(value: string): string {
  if (PLAIN_VALUE.test(value)) return value;
  return encodeUnreserved(checkText(value));
}

const PLAIN_VALUE = /^[A-Za-z0-9._~-]{0,1024}$/;

/**
 * Escapes all but the unreserved characters of RFC 3986 §2.3, so that the text is plain data anywhere in
 * a URL.
 */
export const encodeUnreserved = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

function checkText(value: string): string {
  if (Buffer.byteLength(value) > 1_024) throw new RangeError('a value longer than 1 KiB');
  if (/\p{Cc}/u.test(value)) throw new RangeError('a value with control characters');
  if (!value.isWellFormed()) throw new RangeError('a value that is not Unicode');
  return value;
}
