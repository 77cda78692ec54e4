/** Aggregates that can not work: unknown upstreams and names, cycles, several writes. */
import { checkReferences, REQUEST_ROOTS } from './check-template.ts';
import type { Finding, Path } from './fault.ts';
import { isMap } from './modules.ts';
import type { Tree } from './source.ts';
import { hint } from './suggest.ts';
import { parseTemplate } from './template.ts';

export function* checkAggregate(
  parts: Tree,
  path: Path,
  parameters: ReadonlySet<string>,
  checkUpstream: (name: string, path: Path) => Iterable<Finding>,
): Generator<Finding> {
  const names = Object.keys(parts);
  if (names.length === 0) yield { path, message: 'needs at least one part' };
  for (const [name, part] of Object.entries(parts)) {
    if (!isMap(part)) continue;
    const at = [...path, name];
    if (typeof part['upstream'] === 'string') {
      yield* checkUpstream(part['upstream'], [...at, 'upstream']);
    }
    for (const [where, text] of templatesOf(part)) {
      yield* checkReferences(text, [...at, ...where], ({ root, rest, text: whole }) => {
        if (rest.length === 0) {
          if (parameters.has(root)) return undefined;
          return `no path parameter {${whole}}${hint(whole, [...parameters, ...names])}`;
        }
        if (root === name) return `{${whole}} refers to its own part`;
        const known = [...REQUEST_ROOTS, ...names];
        return known.includes(root)
          ? undefined
          : `{${whole}}: no part "${root}"${hint(root, known)}`;
      });
    }
    if (REQUEST_ROOTS.includes(name as never)) {
      yield {
        path: at,
        at: 'key',
        message: `"${name}" names the request's own: call it otherwise`,
      };
    }
  }
  yield* checkCycles(parts, path);
  yield* checkWrites(parts, path);
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
      edges.set(name, dependenciesOf({ path: '/', query: texts }, names));
    } catch {
      // Reported where the template is checked.
    }
  }
  for (const name of names) {
    const cycle = cycleFrom(name, edges, []);
    if (cycle === undefined) continue;
    yield { path: [...path, name], at: 'key', message: `waits for itself: ${cycle.join(' → ')}` };
    return;
  }
}

function cycleFrom(
  name: string,
  edges: ReadonlyMap<string, ReadonlySet<string>>,
  seen: readonly string[],
): readonly string[] | undefined {
  if (seen.includes(name)) return seen[0] === name ? [...seen, name] : undefined;
  for (const next of edges.get(name) ?? []) {
    const cycle = cycleFrom(next, edges, [...seen, name]);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Two writes side by side could not be undone when one of them fails. */
function* checkWrites(parts: Tree, path: Path): Generator<Finding> {
  const writes = Object.entries(parts).filter(
    ([, part]) => isMap(part) && (part['method'] ?? 'GET') !== 'GET',
  );
  for (const [name] of writes.slice(1)) {
    const message = `only one part may use a method other than GET, and "${writes[0]![0]}" does`;
    yield { path: [...path, name, 'method'], message };
  }
}
