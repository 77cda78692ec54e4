/**
 * Reads JSON from outside. Keys that could reach a prototype are dropped from an upstream's; a client's
 * is refused if another reader could interpret it differently.
 */
import { isUtf8 } from 'node:buffer';
import { GatewayError } from './errors.ts';
import {
  keepSource,
  mayConfuseNumbers,
  mayLoseDigits,
  type ReadNumber,
  sourceAsText,
} from './json-number.ts';
import { DANGEROUS_KEYS, opensMore, type ScanFault, scanJson } from './json-scan.ts';

/** An escape can hide a dangerous key, so any escape makes a scan necessary. */
const SUSPICIOUS = /__proto__|constructor|prototype|\\u/;

/** A deeper answer is refused, because serializing it recurses once per level. */
const MAX_ANSWER_DEPTH = 128;

const DEPTH = { maxDepth: MAX_ANSWER_DEPTH, dangerousKeys: false, uniqueKeys: false };
const DANGER = { ...DEPTH, maxDepth: Number.POSITIVE_INFINITY, dangerousKeys: true };

/**
 * The value read, and its bytes if they mean the same; these are passed on when the value is sent whole.
 */
export class Json {
  /** With JavaScript numbers, which may have lost digits. */
  readonly value: unknown;
  readonly bytes: Buffer | undefined;
  readonly #text: string;
  #exact: { readonly value: unknown } | undefined;

  constructor(value: unknown, bytes: Buffer | undefined, text: string) {
    this.value = value;
    this.bytes = bytes;
    this.#text = text;
  }

  /** The same value, with raw numbers wherever `JSON.stringify` would change the digits. */
  get exact(): unknown {
    this.#exact ??= {
      value: mayLoseDigits(this.#text) ? parseNumbers(this.#text, keepSource) : this.value,
    };
    return this.#exact.value;
  }

  /**
   * The same value, with raw numbers where JavaScript might take them for others: enough to compare it, and mostly much
   * cheaper than `exact`.
   */
  get distinct(): unknown {
    return mayConfuseNumbers(this.#text) ? this.exact : this.value;
  }

  /** The same value, with every number as its source text. */
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

/** Only the value. @throws as `readJson` does */
export const parseJson = (bytes: Buffer): unknown => readJson(bytes).value;

/** Parses JSON without dangerous keys; `read` converts the numbers. */
export function parseNumbers(text: string, read: ReadNumber): unknown {
  return JSON.parse(text, function revive(key, value, { source }) {
    if (DANGEROUS_KEYS.has(key)) return undefined;
    return typeof value === 'number' ? read(source!, this, key) : value;
  });
}

/** Rules for a client's JSON that upstreams will read as well. */
export interface StrictRules {
  readonly maxDepth: number;
  /** Refuse keys that could reach a prototype? */
  readonly refuseDangerousKeys: boolean;
  /**
   * Converts numbers that JavaScript cannot write as their source; default: the nearest JavaScript
   * number.
   */
  readonly number?: ReadNumber | undefined;
}

/** @throws {SyntaxError} that says why, for what is not UTF-8, not JSON, too deep, or ambiguous */
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

/** Deeper JSON is refused, because code that walks the value may be recursive. */
const MAX_DEPTH = 64;

/**
 * Reads a client's JSON that is passed on unchanged, so it must mean the same to the next reader: no
 * duplicate key (RFC 8259 §4), none that could reach a prototype, no depth over 64, only UTF-8. Numbers
 * that JavaScript cannot hold become the nearest ones, unless `number` converts them.
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
