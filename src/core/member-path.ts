/**
 * Paths to many places of a JSON value at once: value paths with `[]` for every member of a list and `*` for
 * every name of an object. `items[].price`, `prices.*`, `[].id`, `rows[][]`.
 */
import { NAME_PATTERN, unquoted } from './value-path.ts';

/** Every member of a list. */
export const EVERY_MEMBER: unique symbol = Symbol('[]');
/** Every name of an object. */
export const EVERY_NAME: unique symbol = Symbol('*');

export type MemberStep = string | typeof EVERY_MEMBER | typeof EVERY_NAME;

const STEP = String.raw`(?:${NAME_PATTERN}|\*)(?:\[\])*`;
/** In the form for a schema. */
export const MEMBER_PATH_PATTERN = String.raw`(?:(?:\[\])+|${STEP})(?:\.${STEP})*`;

const WHOLE = new RegExp(`^${MEMBER_PATH_PATTERN}$`);
const PIECE = new RegExp(String.raw`${NAME_PATTERN}|\*|\[\]`, 'g');

/**
 * The steps of a path.
 *
 * @throws {RangeError} for an invalid path; it says what to write instead
 */
export function parseMemberPath(text: string): readonly MemberStep[] {
  if (/^\$[.[]/.test(text)) {
    throw new RangeError(
      `${JSON.stringify(text)} begins with $: leave it out, as in items[].price`,
    );
  }
  if (!WHOLE.test(text)) throw new RangeError(whyNoPath(text));
  return text.match(PIECE)!.map(stepOf);
}

function stepOf(piece: string): MemberStep {
  if (piece === '[]') return EVERY_MEMBER;
  return piece === '*' ? EVERY_NAME : unquoted(piece);
}

function whyNoPath(text: string): string {
  const right = /\[[^\]]+\]/.test(text)
    ? '[] stands for every member of a list, and one of them cannot be named'
    : 'write names with dots between them, [] for every member of a list, * for every name; quote a name with other characters';
  return `${JSON.stringify(text)} is not a path such as items[].price: ${right}`;
}
