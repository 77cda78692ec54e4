/** Values in one short line, as YAML has them within a line: `{attempts: 3, on: [502, 503]}`. */
import { isMap } from '../yaml/tree.ts';

/** In characters; the rest is cut. */
const LONGEST = 60;

/** `value` in at most 61 characters. */
export function flow(value: unknown): string {
  let text = '';
  for (const piece of piecesOf(value)) {
    text += piece;
    if (text.length > LONGEST) return `${text.slice(0, LONGEST)}…`;
  }
  return text;
}

/** Made one by one, because a value may be long. */
function* piecesOf(value: unknown): Generator<string, void> {
  if (Array.isArray(value)) {
    yield '[';
    for (const [i, each] of value.entries()) {
      if (i > 0) yield ', ';
      yield* piecesOf(each);
    }
    yield ']';
  } else if (isMap(value)) {
    yield '{';
    for (const [i, [key, member]] of Object.entries(value).entries()) {
      yield `${i > 0 ? ', ' : ''}${key}: `;
      yield* piecesOf(member);
    }
    yield '}';
  } else yield scalar(value);
}

/** Quoted where it would not be read as the same text, or would not be seen to end. */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  const start = value.slice(0, LONGEST + 1);
  return /^[^\s"'[\]{},#&*!|>%@`-][^\s"[\]{},]*$/.test(start) ? start : JSON.stringify(start);
}
