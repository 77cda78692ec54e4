/** A part for each element of a list: its schema and its checks. */
import { z } from 'zod';
import { REQUEST_ROOTS } from '../config/check/template.ts';
import type { Finding, Path } from '../config/fault.ts';
import { parseTemplate, type Reference } from '../config/schema/template.ts';
import type { Tree } from '../config/yaml/tree.ts';
import { ELEMENT_ROOTS } from '../routes/part-value.ts';
import { partOf } from './aggregate-references.ts';

export const ForeachKeys = {
  foreach: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A list of another part, such as `{order.items}`: the part is called for each element, `{item}` at `{index}` (from 0), and is the list of the answers. One that fails is `null` in it.',
    ),
  concurrency: z
    .int()
    .min(1)
    .max(64)
    .default(8)
    .describe('Calls of a part with `foreach` that one request may have open at once.'),
  max: z
    .int()
    .min(1)
    .max(1_000)
    .default(100)
    .describe('Elements of `foreach`; with more, the part fails before any call.'),
};

/** Keys of one part that make no sense together, and lists that are none. */
export function* checkForeach(part: Tree, at: Path, parts: readonly string[]): Generator<Finding> {
  const { foreach, method = 'GET' } = part;
  if (foreach === undefined) {
    for (const key of ['concurrency', 'max']) {
      if (part[key] === undefined) continue;
      yield { path: [...at, key], at: 'key', message: 'needs "foreach": it is about its calls' };
    }
    return;
  }
  if (part['graphql'] !== undefined) {
    const message = 'cannot be combined with "foreach": ask for the list in one operation';
    yield { path: [...at, 'graphql'], at: 'key', message };
  }
  if (method !== 'GET') {
    const message = 'must be GET with "foreach": of several writes, some could fail alone';
    yield { path: [...at, 'method'], message };
  }
  if (part['spread'] === true) {
    yield { path: [...at, 'spread'], at: 'key', message: 'cannot spread the list of "foreach"' };
  }
  if (typeof foreach === 'string') yield* checkList(foreach, [...at, 'foreach'], parts);
}

function* checkList(text: string, path: Path, parts: readonly string[]): Generator<Finding> {
  const right = 'name a list of another part, such as "{order.items}"';
  try {
    const { references } = parseTemplate(text);
    const [only] = references;
    if (only === undefined || text !== `{${only.text}}`) {
      yield { path, message: `${JSON.stringify(text)} is not one reference: ${right}` };
    } else if (partOf(only, new Set(parts), true) === undefined && isOfRequest(only)) {
      yield { path, message: `{${only.text}} is no part: ${right}` };
    }
  } catch {
    // Reported where templates are checked.
  }
}

/** Otherwise it is reported where templates are checked. */
const isOfRequest = ({ root, rest }: Reference): boolean =>
  rest.length === 0 || REQUEST_ROOTS.includes(root as never);

/** Names that mean the element in such a part. */
export function* checkElementNames(parts: Tree, path: Path): Generator<Finding> {
  for (const name of ELEMENT_ROOTS) {
    if (parts[name] === undefined) continue;
    const message = `cannot name a part beside one with "foreach": {${name}} is of its element`;
    yield { path: [...path, name], at: 'key', message };
  }
}
