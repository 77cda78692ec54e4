/** What sagas call secret: it must be something that is stored, and must not get where others write it down. */
import type { Finding, Path } from '../fault.ts';
import { callTemplates } from '../schema/call-templates.ts';
import { parseTemplate } from '../schema/template.ts';
import { parseValuePath } from '../../core/value-path.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import { hint } from './suggest.ts';

const KEYS =
  'needs store.keys, by which it is sealed: [{ id: "2026-12", key: "${STORE_KEY}" }], 32 random bytes in base64';

const STORED = 'and would be stored as it is';
const LOGGED = 'and would be in logs and traces: send it in the body, or in a field';

export function* checkSecrets(saga: Tree, path: Path, store: unknown): Generator<Finding> {
  const { secret, steps, one } = saga;
  if (!Array.isArray(secret) || !isMap(steps)) return;
  if (isMap(store) && store['keys'] === undefined) {
    yield { path: [...path, 'secret'], at: 'key', message: KEYS };
  }
  const places: (readonly string[])[] = [];
  for (const [i, text] of secret.entries()) {
    const place = pathIn(text);
    if (place === undefined) continue;
    const fault = placeFault(String(text), place, Object.keys(steps));
    if (fault === undefined) places.push(place);
    else yield { path: [...path, 'secret', i], message: fault };
  }
  if (typeof one === 'string') yield* shown(one, [...path, 'one'], places, STORED);
  for (const [name, step] of Object.entries(steps)) {
    if (isMap(step)) yield* checkStep(step, [...path, 'steps', name], places);
  }
}

function placeFault(
  text: string,
  [root = '', ...rest]: readonly string[],
  steps: readonly string[],
): string | undefined {
  if (root === 'claim')
    return `"${text}": claims are not sealed: name none that is secret in a step`;
  if (root !== 'input' && !steps.includes(root)) {
    return `"${text}": no step "${root}"${hint(root, ['input', ...steps])}`;
  }
  return rest.length > 0 ? undefined : `"${text}": name a member, such as ${text}.card`;
}

function* checkStep(
  { call, undo }: Tree,
  path: Path,
  places: readonly (readonly string[])[],
): Generator<Finding> {
  for (const [key, each] of Object.entries({ call, undo })) {
    if (!isMap(each)) continue;
    for (const [where, text] of callTemplates(each)) {
      if (where[0] === 'path' || where[0] === 'query') {
        yield* shown(text, [...path, key, ...where], places, LOGGED);
      }
    }
  }
}

function* shown(
  text: string,
  path: Path,
  places: readonly (readonly string[])[],
  why: string,
): Generator<Finding> {
  for (const { text: named, root, rest } of referencesIn(text)) {
    if (!places.some((place) => overlaps(place, [root, ...rest]))) continue;
    yield { path, message: `{${named}} is secret, ${why}` };
  }
}

/** One is in the other. */
const overlaps = (one: readonly string[], other: readonly string[]): boolean =>
  one.slice(0, other.length).every((name, i) => name === other[i]);

/** What is no template is told elsewhere. */
function referencesIn(text: string) {
  try {
    return parseTemplate(text).references;
  } catch {
    return [];
  }
}

function pathIn(text: unknown): readonly string[] | undefined {
  try {
    return typeof text === 'string' ? parseValuePath(text) : undefined;
  } catch {
    // The schema says so.
    return undefined;
  }
}
