/** The fields that a library gives a dispatcher, in any of undici's forms, as the core has them. */
import { type Dispatcher, errors } from 'undici';
import { connectionOptions, HOP_BY_HOP, type MutableHeaders } from '../../core/headers.ts';

/**
 * Besides hop-by-hop fields: `Host`, which is the upstream's setting, and `Expect`, which nobody would
 * answer.
 */
const NOT_SENT: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'host', 'expect']);

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

type Given = Dispatcher.DispatchOptions['headers'];

/** @throws {errors.InvalidArgumentError} for a name or a value that no field may have */
export function dispatchedHeaders(given: Given): MutableHeaders {
  const out: MutableHeaders = {};
  for (const [key, value] of pairsOf(given)) {
    if (typeof key !== 'string') throw new errors.InvalidArgumentError('invalid header key');
    const name = key.toLowerCase();
    if (!TOKEN.test(name)) throw new errors.InvalidArgumentError(`invalid header key ${key}`);
    // Assigning it would set the prototype.
    if (value === undefined || name === '__proto__') continue;
    const texts = [value].flat().map((each) => textOf(name, each));
    const earlier = out[name];
    if (earlier !== undefined) out[name] = [earlier, texts].flat();
    else out[name] = Array.isArray(value) ? texts : texts[0]!;
  }
  const named = connectionOptions(out['connection']);
  for (const name of [...NOT_SENT, ...named]) delete out[name];
  return out;
}

function textOf(name: string, value: unknown): string {
  const isPlain = typeof value === 'string' || typeof value === 'number';
  const text = isPlain || typeof value === 'boolean' ? String(value) : value === null ? '' : '\n';
  if (!VALUE.test(text)) throw new errors.InvalidArgumentError(`invalid ${name} header`);
  return text;
}

/** A record, a flat list of names and values, or pairs. */
function pairsOf(given: Given): Iterable<readonly [unknown, unknown]> {
  if (given === undefined || given === null) return [];
  if (typeof given !== 'object') {
    throw new errors.InvalidArgumentError('headers must be an object or an array');
  }
  if (Array.isArray(given)) return flat(given);
  return Symbol.iterator in given ? checkedPairs(given) : Object.entries(given);
}

function* flat(list: readonly unknown[]): Generator<readonly [unknown, unknown]> {
  if (list.length % 2 !== 0) throw new errors.InvalidArgumentError('headers array must be even');
  for (let i = 0; i < list.length; i += 2) yield [list[i], list[i + 1]];
}

function* checkedPairs(pairs: Iterable<unknown>): Generator<readonly [unknown, unknown]> {
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new errors.InvalidArgumentError('headers must be in key-value pair format');
    }
    yield [pair[0], pair[1]];
  }
}
