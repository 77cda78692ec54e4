/** The templates of a step's call, with where each stands; for what was written as for what runs. */
import { isMap } from '../yaml/tree.ts';

type Place = readonly (string | number)[];

/** Every text of `call` that may hold templates: path, query, fields, and all texts of the body. */
export function* callTemplates(call: {
  readonly [key: string]: unknown;
}): Generator<readonly [Place, string]> {
  if (typeof call['path'] === 'string') yield [['path'], call['path']];
  for (const key of ['query', 'headers', 'body']) yield* textsIn(call[key], [key]);
}

function* textsIn(value: unknown, place: Place): Generator<readonly [Place, string]> {
  if (typeof value === 'string') yield [place, value];
  else if (Array.isArray(value)) {
    for (const [i, member] of value.entries()) yield* textsIn(member, [...place, i]);
  } else if (isMap(value)) {
    for (const [key, member] of Object.entries(value)) yield* textsIn(member, [...place, key]);
  }
}
