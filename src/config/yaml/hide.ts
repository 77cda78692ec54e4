/**
 * Keeps values that came from the environment or a file out of messages: what was written stands in
 * their place.
 */
import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { ABSENT } from './placeholders.ts';
import { shown } from '../schema/types.ts';
import type { Targets } from './path.ts';

/** Shorter than this, a value is a word of every message ("true", "0") and no secret. */
const MIN_HIDDEN = 5;

/** Pieces of a value that are this long are hidden too. */
const MIN_PIECE = 6;

/** What a message says of the schema and not of the value. */
const OF_THE_SCHEMA =
  /(^(?:expected|must be) .*?, found |; did you mean "[^"]*"\?| \(known: [^)]*\))/;

/** `message` about `node`, without the values of `outside` that stand at it or below. */
export function hideOutside(
  message: string,
  node: unknown,
  targets: Targets,
  outside: ReadonlyMap<Node, string>,
): string {
  if (outside.size === 0) return message;
  const pieces = message.split(OF_THE_SCHEMA);
  for (const scalar of scalarsOf(node, targets)) {
    const written = outside.get(scalar);
    if (written === undefined || scalar.value === ABSENT) continue;
    // Those of the schema are at the odd places.
    for (let i = 0; i < pieces.length; i += 2) {
      pieces[i] = hideValue(pieces[i]!, scalar.value, written);
    }
  }
  return pieces.join('');
}

function* scalarsOf(node: unknown, targets: Targets): Generator<Node & { value: unknown }> {
  if (isAlias(node)) yield* scalarsOf(targets.get(node), targets);
  else if (isMap(node)) for (const { value } of node.items) yield* scalarsOf(value, targets);
  else if (isSeq(node)) for (const child of node.items) yield* scalarsOf(child, targets);
  else if (isScalar(node)) yield node;
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
