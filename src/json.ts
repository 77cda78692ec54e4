/** JSON from elsewhere: parsed without keys that could reach a prototype. */
import { isUtf8 } from 'node:buffer';
import { GatewayError } from './errors.ts';

const DANGEROUS_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Escapes can spell a dangerous key, so that any of them calls for a look at the keys. */
const SUSPICIOUS = /__proto__|constructor|prototype|\\u/;

/** An answer deeper than this is none: to write it again takes a call for each level. */
const MAX_ANSWER_DEPTH = 128;

/** What was read, and its bytes where they say the same: numbers of any length are whole in them. */
export interface Json {
  readonly value: unknown;
  readonly bytes: Buffer | undefined;
}

/**
 * Reads JSON, dropping `__proto__`, `constructor` and `prototype` keys at any depth.
 *
 * @throws GW_UPSTREAM_INVALID when it is not JSON, or deeper than 128
 */
export function readJson(bytes: Buffer): Json {
  const text = bytes.toString('utf8');
  if (opensMore(text, MAX_ANSWER_DEPTH) && isDeeper(text, MAX_ANSWER_DEPTH)) {
    throw new GatewayError('GW_UPSTREAM_INVALID', `the answer is deeper than ${MAX_ANSWER_DEPTH}`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (!SUSPICIOUS.test(text) || !hasDangerousKey(text)) {
      return { value, bytes: isUtf8(bytes) ? bytes : undefined };
    }
    return { value: JSON.parse(text, withoutDangerousKeys), bytes: undefined };
  } catch (error) {
    throw new GatewayError('GW_UPSTREAM_INVALID', 'the answer is not JSON', { cause: error });
  }
}

/** The value alone. @throws as `readJson` does */
export const parseJson = (bytes: Buffer): unknown => readJson(bytes).value;

const withoutDangerousKeys = (key: string, value: unknown): unknown =>
  DANGEROUS_KEYS.has(key) ? undefined : value;

/** `text` is JSON: a colon follows keys, and no other texts. */
function hasDangerousKey(text: string): boolean {
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    const end = closingQuote(text, at);
    if (isKey(text, end) && DANGEROUS_KEYS.has(keyOf(text.slice(at, end + 1)))) return true;
    at = end;
  }
  return false;
}

function isKey(text: string, end: number): boolean {
  for (let at = end + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Only white space stands between.
    if (code > 0x20) return code === COLON;
  }
  return false;
}

/** Of the text as JSON has it, quotes and escapes and all. */
const keyOf = (token: string): string =>
  token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);

/** Are there more than `most` brackets of either kind? Found at a seventh of what a scan costs. */
function opensMore(text: string, most: number): boolean {
  return countOf(text, '{', most) + countOf(text, '[', most) > most;
}

function countOf(text: string, bracket: string, most: number): number {
  let count = 0;
  for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
    count += 1;
    if (count > most) break;
  }
  return count;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Does `text`, as far as it is JSON, hold more than `most` lists and objects in each other? */
function isDeeper(text: string, most: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    // `[` and `{`, `]` and `}` differ in one bit.
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = closingQuote(text, at);
    else if ((code | 0x20) === 0x7b) {
      depth += 1;
      if (depth > most) return true;
    } else if ((code | 0x20) === 0x7d) depth -= 1;
  }
  return false;
}

/** Of the string that begins at `start`; the end of the text where it has none. */
function closingQuote(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}

/** Deeper than this, nothing is read: what walks the value may be recursive. */
const MAX_DEPTH = 64;

/**
 * Reads JSON of a client that goes on as it came, so that it must mean the same to whoever reads it
 * next: no key twice (RFC 8259 §4), none that could reach a prototype, no depth over 64, UTF-8 only.
 *
 * @throws GW_REQUEST_INVALID
 */
export function parseRequestJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw notJson('it is not UTF-8');
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notJson('it is not JSON', error);
  }
  checkKeys(text);
  return value;
}

/** `text` is JSON: a text in an object is a key where `{` or `,` stands before it. */
function checkKeys(text: string): void {
  /** Keys of the objects that are open; `undefined` for a list. */
  const open: (Set<string> | undefined)[] = [];
  let mayBeKey = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') {
      const end = closingQuote(text, at);
      if (mayBeKey) addKey(text.slice(at, end + 1), open.at(-1));
      mayBeKey = false;
      at = end;
    } else if (character === '{' || character === '[') {
      if (open.length >= MAX_DEPTH) throw notJson(`it is deeper than ${MAX_DEPTH}`);
      open.push(character === '{' ? new Set() : undefined);
      mayBeKey = true;
    } else if (character === '}' || character === ']') open.pop();
    else if (character === ',') mayBeKey = true;
  }
}

function addKey(token: string, keys: Set<string> | undefined): void {
  if (keys === undefined) return;
  const key = keyOf(token);
  if (DANGEROUS_KEYS.has(key)) throw notJson(`it has a key "${key}"`);
  if (keys.has(key)) throw notJson('it has a key twice');
  keys.add(key);
}

const notJson = (why: string, cause?: unknown): GatewayError =>
  new GatewayError('GW_REQUEST_INVALID', `the body can not be read: ${why}`, { cause });
