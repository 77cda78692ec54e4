/** Finds conditions of a `when` that can never be tested: claims of unknown clients, patterns that are none. */
import type { Finding, Path } from '../fault.ts';
import { checkRegex } from '../schema/regex.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

/** `unidentifying`: the plugins that could identify the client, if the route has none of them. */
export function* checkConditions(
  when: Tree,
  at: Path,
  unidentifying: readonly string[],
): Generator<Finding> {
  if (when['claims'] !== undefined && unidentifying.length > 0) {
    const message = `needs one of ${unidentifying.join(', ')} on this route`;
    yield { path: [...at, 'claims'], at: 'key', message };
  }
  for (const [key, values] of Object.entries(when)) {
    if (!isMap(values)) continue;
    for (const [name, value] of Object.entries(values)) {
      yield* checkCondition(value, [...at, key, name]);
    }
  }
}

function* checkCondition(value: unknown, at: Path): Generator<Finding> {
  if (!isMap(value)) return;
  yield* checkRegex(value['regex'], [...at, 'regex']);
  yield* checkCondition(value['not'], [...at, 'not']);
}
