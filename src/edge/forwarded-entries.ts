/** Reads `X-Forwarded-For` and `Forwarded` (RFC 7239), the nearest proxy's entry first. */
import { canonicalAddress } from '../config/schema/address-range.ts';

export interface ForwardedEntry {
  /** Absent for `unknown`, an obfuscated name, or an invalid one. */
  readonly address: string | undefined;
  readonly proto?: string | undefined;
  readonly host?: string | undefined;
}

/** With an optional port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. IPv6 with a port needs the brackets. */
const NODE = /^(?:\[([0-9A-Fa-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/;

/** The address of a node; `undefined` if the text is none. */
export function addressIn(text: string): string | undefined {
  const parts = NODE.exec(text);
  return canonicalAddress(parts?.[1] ?? parts?.[2] ?? text);
}

/**
 * The entries of `X-Forwarded-For`, read lazily. Empty entries are skipped, as in every list (RFC 9110
 * §5.6.1.2).
 */
export function* readAddresses(list: string): Generator<ForwardedEntry> {
  let end = list.length;
  while (end > 0) {
    const comma = list.lastIndexOf(',', end - 1);
    const text = list.slice(comma + 1, end).trim();
    if (text !== '') yield { address: addressIn(text) };
    end = comma;
  }
}

/** The elements of a list that has no quoted strings. */
export const elementsOf = (list: string): readonly string[] =>
  list
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/**
 * The elements of `Forwarded`; none if a quote is not closed, because it could be a client's and hide
 * what a proxy added.
 */
export function readForwarded(list: string): readonly ForwardedEntry[] {
  return splitOutsideQuotes(list, ',').toReversed().map(readElement);
}

const PAIR = /^\s*([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;=]*))\s*$/;

function readElement(element: string): ForwardedEntry {
  const pairs = new Map<string, string>();
  for (const text of splitOutsideQuotes(element, ';')) {
    const [, name, quoted, token] = PAIR.exec(text) ?? [];
    const key = name?.toLowerCase();
    // "Each parameter MUST NOT occur more than once per field-value" (§4).
    if (key === undefined || pairs.has(key)) return { address: undefined };
    pairs.set(key, quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
  }
  const node = pairs.get('for');
  return {
    address: node === undefined ? undefined : addressIn(node),
    proto: pairs.get('proto'),
    host: pairs.get('host'),
  };
}

/** Skips empty elements, which the grammar of both lists allows. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') isQuoted = !isQuoted;
    else if (char === '\\' && isQuoted) i += 1;
    else if (char === separator && !isQuoted) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return isQuoted ? [] : [...parts, text.slice(start)].filter((each) => each.trim() !== '');
}
