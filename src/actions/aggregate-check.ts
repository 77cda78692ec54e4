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
import type { Reference } from '../config/schema/template.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { ELEMENT_ROOTS } from '../routes/part-value.ts';
import { checkCycles } from './aggregate-cycles.ts';
import { checkElementNames, checkForeach } from './aggregate-foreach-schema.ts';
import { templatesOf } from './aggregate-references.ts';
import { checkFallbackParts } from './aggregate-fallback.ts';
import { checkPlaces, checkShape } from './aggregate-shape-check.ts';
import { checkPartWhen } from './aggregate-when.ts';

export function* checkAggregate(
  parts: Tree,
  path: Path,
  matches: Matches,
  checkUpstream: (name: string, path: Path) => Iterable<Finding>,
  /** The plugins that could identify the client, if the route has none of them. */
  identifying: readonly string[],
): Generator<Finding> {
  const names = Object.keys(parts);
  /** What a part, or its fallback, asks for. */
  function* checkAsked(asked: Tree, at: Path, name: string): Generator<Finding> {
    const { upstream, path: sent } = asked;
    if (typeof upstream === 'string') yield* checkUpstream(upstream, [...at, 'upstream']);
    if (typeof sent === 'string') yield* checkPartPath(sent, [...at, 'path']);
    yield* checkShape(asked, at);
    for (const { at: where, text, isJson } of templatesOf(asked)) {
      const isElement = asked['foreach'] !== undefined && where[0] !== 'foreach';
      const here = { part: name, parts: names, matches, isJson, isElement };
      yield* checkReferences(text, [...at, ...where], (reference) =>
        reference.root === 'claim' && identifying.length > 0
          ? `{${reference.text}} needs one of ${identifying.join(', ')} on this route`
          : referenceFault(reference, here),
      );
    }
  }
  if (names.length === 0) yield { path, message: 'needs at least one part' };
  for (const [name, part] of Object.entries(parts)) {
    const at = [...path, name];
    if (REQUEST_ROOTS.includes(name as never)) {
      const message = `cannot name a part: {${name}.…} refers to the request`;
      yield { path: at, at: 'key', message };
    }
    if (!isMap(part)) continue;
    if (part['required'] === true && part['default'] !== undefined) {
      const message = 'cannot be combined with "required": if the part fails, so does the response';
      yield { path: [...at, 'default'], at: 'key', message };
    }
    yield* checkMethod(part['method'], [...at, 'method']);
    yield* checkAsked(part, at, name);
    if (isMap(part['fallback'])) yield* checkAsked(part['fallback'], [...at, 'fallback'], name);
    yield* checkFallbackParts(part, new Set(names), at);
    yield* checkBody(part, at);
    yield* checkForeach(part, at, names);
    const place = { part: name, parts: names, matches, identifying };
    yield* checkPartWhen(part['when'], [...at, 'when'], place);
  }
  if (Object.values(parts).some((part) => isMap(part) && part['foreach'] !== undefined)) {
    yield* checkElementNames(parts, path);
  }
  yield* checkCycles(parts, path);
  yield* checkPlaces(parts, path);
  yield* checkWrites(parts, path);
}

function* checkPartPath(text: string, path: Path): Generator<Finding> {
  yield* checkSentPath(text, path);
  if (!text.includes('*')) return;
  yield { path, message: '* has no meaning in a part: name parameters, such as {id}' };
}

/** A body that no request would have, and methods that could have one. */
function* checkBody({ body, method = 'GET' }: Tree, path: Path): Generator<Finding> {
  if (body === undefined || (method !== 'GET' && method !== 'HEAD')) return;
  yield {
    path: [...path, 'body'],
    at: 'key',
    message: `needs a method that sends one, such as POST`,
  };
}

/** Where a reference stands. */
interface Place {
  readonly part: string;
  readonly parts: readonly string[];
  readonly matches: Matches;
  readonly isJson: boolean;
  /** Of a part with `foreach`, which may name its element. */
  readonly isElement: boolean;
}

function referenceFault(
  reference: Reference,
  { part, parts, matches, isJson, isElement }: Place,
): string | undefined {
  const { root, rest, text } = reference;
  if (ELEMENT_ROOTS.includes(root as never)) {
    if (isElement) return elementFault(reference, matches);
    if (rest.length > 0 && !parts.includes(root)) {
      return `{${text}} is of an element: only a part with "foreach" has one`;
    }
  }
  if (rest.length === 0 && isJson && parts.includes(root)) {
    if (root === part) return `{${text}} refers to its own part`;
    return isParameter(root, matches)
      ? `{${text}} is both a part and a path parameter: rename one of them`
      : undefined;
  }
  if (rest.length === 0) {
    const fault = parameterFault(reference, matches, parts);
    if (fault === undefined || !parts.includes(root)) return fault;
    return `{${root}} is a part: name a field of it, such as {${root}.id}`;
  }
  if (root === part) return `{${text}} refers to its own part`;
  const known = [...REQUEST_ROOTS, ...(isElement ? ELEMENT_ROOTS : []), ...parts];
  return known.includes(root) ? undefined : `{${text}}: no part "${root}"${hint(root, known)}`;
}

function elementFault({ root, rest, text }: Reference, matches: Matches): string | undefined {
  if (root === 'index' && rest.length > 0) return `{${text}}: {index} is a number`;
  if (rest.length > 0 || !isParameter(root, matches)) return undefined;
  return `{${text}} is both of the element and a path parameter: rename that one`;
}

const isParameter = (name: string, { alternatives }: Matches): boolean =>
  alternatives.some(({ parameters }) => parameters.includes(name));

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
