/**
 * JSON from outside. An upstream's is read without keys that could reach a prototype; a client's is
 * refused if another reader could interpret it differently.
 */
import { isUtf8 } from 'node:buffer';
import { GatewayError } from './errors.ts';
import { keepSource, mayLoseDigits, type ReadNumber, sourceAsText } from './json-number.ts';
import { DANGEROUS_KEYS, opensMore, type ScanFault, scanJson } from './json-scan.ts';

/** Escapes can spell a dangerous key, so that any of them calls for a look at the keys. */
const SUSPICIOUS = /__proto__|constructor|prototype|\\u/;

/** An answer deeper than this is none: to write it again takes a call for each level. */
const MAX_ANSWER_DEPTH = 128;

const DEPTH = { maxDepth: MAX_ANSWER_DEPTH, dangerousKeys: false, uniqueKeys: false };
const DANGER = { ...DEPTH, maxDepth: Number.POSITIVE_INFINITY, dangerousKeys: true };

/** What was read, and its bytes where they say the same: they are how it is passed on whole. */
export class Json {
  /** With JavaScript's numbers, which may have lost digits. */
  readonly value: unknown;
  readonly bytes: Buffer | undefined;
  readonly #text: string;
  #exact: { readonly value: unknown } | undefined;

  constructor(value: unknown, bytes: Buffer | undefined, text: string) {
    this.value = value;
    this.bytes = bytes;
    this.#text = text;
  }

  /** The same, with raw numbers wherever `JSON.stringify` would not write the digits that came. */
  get exact(): unknown {
    this.#exact ??= {
      value: mayLoseDigits(this.#text) ? parseNumbers(this.#text, keepSource) : this.value,
    };
    return this.#exact.value;
  }

  /** The same, with every number as the text that it is in the source. */
  withNumbersAsText(): unknown {
    return parseNumbers(this.#text, sourceAsText);
  }
}

/** What an empty answer means. */
export const NOTHING = new Json(null, Buffer.from('null'), 'null');

/**
 * Reads JSON, dropping `__proto__`, `constructor` and `prototype` keys at any depth.
 *
 * @throws GW_UPSTREAM_INVALID when it is not JSON, or deeper than 128
 */
export function readJson(bytes: Buffer): Json {
  const text = bytes.toString('utf8');
  if (opensMore(text, MAX_ANSWER_DEPTH) && scanJson(text, DEPTH) !== undefined) {
    throw new GatewayError(
      'GW_UPSTREAM_INVALID',
      `the answer is nested deeper than ${MAX_ANSWER_DEPTH}`,
    );
  }
  try {
    const value: unknown = JSON.parse(text);
    if (!SUSPICIOUS.test(text) || scanJson(text, DANGER) === undefined) {
      return new Json(value, isUtf8(bytes) ? bytes : undefined, text);
    }
    return new Json(parseNumbers(text, Number), undefined, text);
  } catch (error) {
    throw new GatewayError('GW_UPSTREAM_INVALID', 'the answer is not JSON', { cause: error });
  }
}

/** The value alone. @throws as `readJson` does */
export const parseJson = (bytes: Buffer): unknown => readJson(bytes).value;

/** Parses JSON, with what `read` makes of its numbers, without dangerous keys. */
export function parseNumbers(text: string, read: ReadNumber): unknown {
  return JSON.parse(text, function revive(key, value, { source }) {
    if (DANGEROUS_KEYS.has(key)) return undefined;
    return typeof value === 'number' ? read(source!, this, key) : value;
  });
}

/** A client's JSON that may be read by others after us. */
export interface StrictRules {
  readonly maxDepth: number;
  /** Are keys refused that could reach a prototype? */
  readonly refuseDangerousKeys: boolean;
  /** What becomes of numbers whose source JavaScript would not write; by default they are as near as it gets. */
  readonly number?: ReadNumber | undefined;
}

/** @throws {SyntaxError} that says why, for what is no UTF-8, no JSON, too deep, or has two readings */
export function parseStrictJson(
  bytes: Uint8Array,
  { maxDepth, refuseDangerousKeys, number }: StrictRules,
): unknown {
  if (!isUtf8(bytes)) throw new SyntaxError('it is not UTF-8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError('it is not JSON', { cause: error });
  }
  const fault = scanJson(text, {
    maxDepth,
    dangerousKeys: refuseDangerousKeys,
    uniqueKeys: true,
  });
  if (fault !== undefined) throw new SyntaxError(told(fault, maxDepth));
  return number !== undefined && mayLoseDigits(text) ? parseNumbers(text, number) : value;
}

function told(fault: ScanFault, maxDepth: number): string {
  switch (fault.kind) {
    case 'depth':
      return `it is nested deeper than ${maxDepth}`;
    case 'dangerous':
      return `it has a forbidden key "${fault.key}"`;
    case 'repeated':
      return 'it has a duplicate key';
  }
}

/** Deeper than this, nothing is read: what walks the value may be recursive. */
const MAX_DEPTH = 64;

/**
 * Reads JSON of a client that goes on as it came, so that it must mean the same to whoever reads it
 * next: no key twice (RFC 8259 §4), none that could reach a prototype, no depth over 64, UTF-8 only.
 * Numbers that JavaScript cannot hold are as near as it gets, unless `number` makes something of them.
 *
 * @throws GW_REQUEST_INVALID
 */
export function parseRequestJson(bytes: Buffer, number?: ReadNumber): unknown {
  try {
    return parseStrictJson(bytes, { maxDepth: MAX_DEPTH, refuseDangerousKeys: true, number });
  } catch (error) {
    const why = (error as Error).message;
    throw new GatewayError('GW_REQUEST_INVALID', `the body cannot be read: ${why}`, {
      cause: error,
    });
  }
}
