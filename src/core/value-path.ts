/**
 * Paths into JSON values, the same wherever the config names a field: claims (`claim:…`, `{claim.…}`,
 * `forward`, `rolesClaim`, `groupsClaim`), fields of a part (`{part.…}`) and `pick`.
 *
 * Names are separated by dots. A name with a dot, a colon or another special character is quoted:
 * `"https://shop.test/roles"`, `"tenant.id".name`. A path leads to exactly one place, or nowhere.
 */
import { numberText } from './json-number.ts';

/** A name that needs no quotes. */
const BARE = String.raw`[A-Za-z0-9_$@/+-]+`;
const QUOTED = String.raw`"[^"\\\x00-\x1f{}]+"|'[^'\\\x00-\x1f{}]+'`;
/** One name of a path, quoted or not. */
export const NAME_PATTERN = `(?:${BARE}|${QUOTED})`;
/** In the form for a schema. */
export const PATH_PATTERN = `${NAME_PATTERN}(?:\\.${NAME_PATTERN})*`;

const WHOLE = new RegExp(`^${PATH_PATTERN}$`);
const NAME = new RegExp(NAME_PATTERN, 'g');

/**
 * The names of a path.
 *
 * @throws {RangeError} for an invalid path; it says what to write instead
 */
export function parseValuePath(text: string): readonly string[] {
  if (!WHOLE.test(text)) throw new RangeError(whyNoPath(text));
  return text.match(NAME)!.map(unquoted);
}

/** The name that a piece of a path stands for. */
export const unquoted = (name: string): string => (/^["']/.test(name) ? name.slice(1, -1) : name);

function whyNoPath(text: string): string {
  const isOneName = text !== '' && !/["'\\{}]/.test(text) && !/^\.|\.\.|\.$/.test(text);
  const right = isOneName ? `: write "${text}" with its own quotes, '"${text}"' in YAML` : '';
  return `${JSON.stringify(text)} is not a path such as a.b; quote a name with characters other than letters, digits and _ - $ @ / +${right}`;
}

/**
 * The value at `path` in `value`; `undefined` if there is none. Members of a list are named by their
 * index.
 */
export function follow(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) {
    if (!isContainer(at) || !Object.hasOwn(at, name)) return undefined;
    if (Array.isArray(at) && name === 'length') return undefined;
    at = at[name];
  }
  return at;
}

/** Is it an object or a list of JSON? */
export const isContainer = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !JSON.isRawJSON(value);

/** The text of a string, a number or a boolean; `undefined` for anything else. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' ? String(value) : numberText(value);
}
