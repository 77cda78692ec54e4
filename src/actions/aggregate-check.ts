/** Aggregates that cannot work: unknown upstreams and names, cycles, several writes. */
import { checkMethod, type Matches } from '../config/check/match.ts';
import {
  checkReferences,
  checkSentPath,
  parameterFault,
  REQUEST_ROOTS,
} from '../config/check/template.ts';
import type { Finding, Path } from '../config/fault.ts';
import { hint } from '../config/check/suggest.ts';
import { parseTemplate, type Reference } from '../config/schema/template.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';

export function* checkAggregate(
  parts: Tree,
  path: Path,
  matches: Matches,
  checkUpstream: (name: string, path: Path) => Iterable<Finding>,
  /** The plugins that could identify the client, if the route has none of them. */
  identifying: readonly string[],
): Generator<Finding> {
  const names = Object.keys(parts);
  if (names.length === 0) yield { path, message: 'needs at least one part' };
  for (const [name, part] of Object.entries(parts)) {
    const at = [...path, name];
    if (REQUEST_ROOTS.includes(name as never)) {
      const message = `cannot name a part: {${name}.…} refers to the request`;
      yield { path: at, at: 'key', message };
    }
    if (!isMap(part)) continue;
    const { upstream, path: sent, method } = part;
    if (typeof upstream === 'string') yield* checkUpstream(upstream, [...at, 'upstream']);
    if (typeof sent === 'string') yield* checkPartPath(sent, [...at, 'path']);
    if (part['required'] === true && part['default'] !== undefined) {
      const message = 'cannot be combined with "required": if the part fails, so does the response';
      yield { path: [...at, 'default'], at: 'key', message };
    }
    yield* checkMethod(method, [...at, 'method']);
    for (const [where, text] of templatesOf(part)) {
      yield* checkReferences(text, [...at, ...where], (reference) =>
        reference.root === 'claim' && identifying.length > 0
          ? `{${reference.text}} needs one of ${identifying.join(', ')} on this route`
          : referenceFault(reference, name, names, matches),
      );
    }
  }
  yield* checkCycles(parts, path);
  yield* checkWrites(parts, path);
}

function* checkPartPath(text: string, path: Path): Generator<Finding> {
  yield* checkSentPath(text, path);
  if (!text.includes('*')) return;
  yield { path, message: '* has no meaning in a part: name parameters, such as {id}' };
}

function referenceFault(
  reference: Reference,
  part: string,
  parts: readonly string[],
  matches: Matches,
): string | undefined {
  const { root, rest, text } = reference;
  if (rest.length === 0) {
    const fault = parameterFault(reference, matches, parts);
    if (fault === undefined || !parts.includes(root)) return fault;
    return `{${root}} is a part: name a field of it, such as {${root}.id}`;
  }
  if (root === part) return `{${text}} refers to its own part`;
  const known = [...REQUEST_ROOTS, ...parts];
  return known.includes(root) ? undefined : `{${text}}: no part "${root}"${hint(root, known)}`;
}

/** Every template of a part, with where it stands. */
function* templatesOf(part: Tree): Generator<readonly [Path, string]> {
  if (typeof part['path'] === 'string') yield [['path'], part['path']];
  if (!isMap(part['query'])) return;
  for (const [key, value] of Object.entries(part['query'])) {
    if (typeof value === 'string') yield [['query', key], value];
  }
}

/** The other parts that `part` refers to. */
export function dependenciesOf(
  part: { readonly path: string; readonly query?: Readonly<Record<string, string>> | undefined },
  names: ReadonlySet<string>,
): Set<string> {
  const texts = [part.path, ...Object.values(part.query ?? {})];
  const references = texts.flatMap((text) => parseTemplate(text).references);
  return new Set(
    references
      .filter(({ root, rest }) => rest.length > 0 && names.has(root))
      .map(({ root }) => root),
  );
}

function* checkCycles(parts: Tree, path: Path): Generator<Finding> {
  const names = new Set(Object.keys(parts));
  const edges = new Map<string, Set<string>>();
  for (const [name, part] of Object.entries(parts)) {
    if (!isMap(part)) continue;
    try {
      const texts = Object.fromEntries([...templatesOf(part)].map(([, text], i) => [`${i}`, text]));
      const needed = dependenciesOf({ path: '/', query: texts }, names);
      // Reported where the template is checked.
      needed.delete(name);
      edges.set(name, needed);
    } catch {
      // Reported where the template is checked.
    }
  }
  for (const cycle of findCycles(edges)) {
    const [name] = cycle;
    const message = `waits for itself: ${[...cycle, name].join(' → ')}`;
    yield { path: [...path, name!], at: 'key', message };
  }
}

/** Cycles, by one walk that enters each part once. */
function findCycles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const walk = (name: string, above: readonly string[]): void => {
    const start = above.indexOf(name);
    if (start >= 0) cycles.push(above.slice(start));
    if (start >= 0 || done.has(name)) return;
    for (const next of edges.get(name) ?? []) walk(next, [...above, name]);
    done.add(name);
  };
  for (const name of edges.keys()) walk(name, []);
  return cycles;
}

/** Of two writes in parallel, one could not be undone if the other failed. */
function* checkWrites(parts: Tree, path: Path): Generator<Finding> {
  const writes = Object.entries(parts).filter(
    ([, part]) => isMap(part) && (part['method'] ?? 'GET') !== 'GET',
  );
  for (const [name] of writes.slice(1)) {
    const message = `only one part may use a method other than GET, and "${writes[0]![0]}" does`;
    yield { path: [...path, name, 'method'], message };
  }
}
