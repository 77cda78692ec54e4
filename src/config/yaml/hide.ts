/**
 * Keeps values from the environment or from files out of messages, which show the placeholder
 * instead.
 */
import { KIND, type Outline } from './outline.ts';
import { scalarsOf } from './outline-path.ts';
import { shown } from '../schema/types.ts';

/** Shorter than this, a value is a word of every message ("true", "0") and no secret. */
const MIN_HIDDEN = 5;

/** Pieces of a value that are this long are hidden too. */
const MIN_PIECE = 6;

/** What a message says of the schema and not of the value. */
const OF_THE_SCHEMA =
  /(^(?:expected|must be) .*?, found |; did you mean "[^"]*"\?| \(known: [^)]*\))/;

/** `message` about `node`, without the values from outside that stand at it or below. */
export function hideOutside(message: string, outline: Outline, node: number): string {
  const { outside, kinds, refs, values } = outline;
  if (outside.size === 0) return message;
  const pieces = message.split(OF_THE_SCHEMA);
  for (const scalar of scalarsOf(outline, node)) {
    const written = outside.get(scalar);
    if (written === undefined || kinds[scalar] === KIND.absent) continue;
    // Those of the schema are at the odd places.
    for (let i = 0; i < pieces.length; i += 2) {
      pieces[i] = hideValue(pieces[i]!, values[refs[scalar]!], written);
    }
  }
  return pieces.join('');
}

const HOLE = '\u0000';

function hideValue(message: string, value: unknown, written: string): string {
  if (typeof value !== 'string') {
    // A number or truth value is told only as what was found.
    return message === shown(value) ? written : message;
  }
  const forms = [
    JSON.stringify(value),
    shown(value),
    ...(value.length < MIN_HIDDEN ? [] : [value]),
  ];
  const whole = forms.reduce((told, form) => told.split(form).join(HOLE), message);
  return hidePieces(whole, value).replaceAll(HOLE, () => written);
}

/** Some messages take a value apart, as those on patterns and templates do. */
function hidePieces(message: string, value: string): string {
  let told = '';
  for (let i = 0; i < message.length;) {
    let length = 0;
    while (i + length < message.length && value.includes(message.slice(i, i + length + 1))) {
      length += 1;
    }
    const isPiece = length >= MIN_PIECE;
    told += isPiece ? '…' : message[i]!;
    i += isPiece ? length : 1;
  }
  return told;
}
