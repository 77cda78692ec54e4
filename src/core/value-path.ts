/**
 * Paths into JSON values, the same wherever the config names a field: claims (`claim:…`, `{claim.…}`,
 * `forward`, `rolesClaim`, `groupsClaim`), fields of a part (`{part.…}`) and `pick`.
 *
 * Names are separated by dots; a name with a dot, a colon or another special character is
 * quoted: `"https://shop.test/roles"`, `"tenant.id".name`. A path leads to exactly one place, or nowhere.
 */
import { numberText } from './json-number.ts';

/** A name that needs no quotes. */
const BARE = String.raw`[A-Za-z0-9_$@/+-]+`;
const QUOTED = String.raw`"[^"\\\x00-\x1f{}]+"|'[^'\\\x00-\x1f{}]+'`;
/** As a schema states it. */
export const PATH_PATTERN = `(?:${BARE}|${QUOTED})(?:\\.(?:${BARE}|${QUOTED}))*`;

const WHOLE = new RegExp(`^${PATH_PATTERN}$`);
const NAME = new RegExp(`${BARE}|${QUOTED}`, 'g');

/**
 * The names of a path.
 *
 * @throws {RangeError} for what is none, with what to write instead
 */
export function parseValuePath(text: string): readonly string[] {
  if (!WHOLE.test(text)) throw new RangeError(whyNoPath(text));
  return text.match(NAME)!.map((name) => (/^["']/.test(name) ? name.slice(1, -1) : name));
}

function whyNoPath(text: string): string {
  const isOneName = text !== '' && !/["'\\{}]/.test(text) && !/^\.|\.\.|\.$/.test(text);
  const right = isOneName ? `: write "${text}" with its own quotes, '"${text}"' in YAML` : '';
  return `${JSON.stringify(text)} is not a path such as a.b; quote a name with characters other than letters, digits and _ - $ @ / +${right}`;
}

/** What `path` leads to in `value`; `undefined` where it leads nowhere. A list's members have numbers. */
export function follow(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) {
    if (!isContainer(at) || !Object.hasOwn(at, name)) return undefined;
    if (Array.isArray(at) && name === 'length') return undefined;
    at = at[name];
  }
  return at;
}

/** An object or a list, as JSON has them. */
export const isContainer = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !JSON.isRawJSON(value);

/** The text that stands for a string, a number or a boolean; `undefined` for all else. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' ? String(value) : numberText(value);
}
