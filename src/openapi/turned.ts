/**
 * Turns a rewrite round: from an operation of the upstream to the one that clients ask for.
 *
 * Both paths are templates. A parameter of the rewrite takes the place of whatever the upstream has there; a text of the
 * rewrite fixes a parameter of the upstream, which clients then cannot choose.
 */
import type { ApiOperation, ApiParameter } from '../config/openapi/model.ts';
import { parametersIn } from '../config/openapi/template.ts';
import type { RewriteConfig } from '../routes/rewrite.ts';
import { rewriteShape, type ShapeSegment } from '../routes/rewrite-back/rewrite-shape.ts';
import { type ClientPath, freeName, parameter } from './client-path.ts';

export interface Turned {
  readonly path: string;
  readonly parameters: readonly ApiParameter[];
  /** How many parameters of the upstream's path the rewrite fixes. */
  readonly fixed: number;
  /** With a slash behind it, the path is sent as the same one. */
  readonly takesSlash: boolean;
}

export interface Turner {
  /** Why operations cannot be told by their paths; `undefined` if they can. */
  readonly reason: string | undefined;
  /** `undefined`: no request of the route gets to the operation. */
  readonly turn: (operation: ApiOperation) => Turned | undefined;
}

interface SentShape {
  readonly segments: readonly ShapeSegment[];
  readonly keepsRest: boolean;
}

/** How paths of `client` are sent under `rewrite`. */
export function compileTurner(client: ClientPath, rewrite: RewriteConfig | undefined): Turner {
  const nothing = (reason: string): Turner => ({ reason, turn: () => undefined });
  if (typeof rewrite === 'object') return nothing('the rewrite is a regex');
  const sent = rewrite === undefined ? asIs(client) : rewriteShape(rewrite);
  if (rewrite !== undefined && client.isOpen && !sent.keepsRest) {
    return nothing('the rewrite drops what * matched');
  }
  const crowded = rewrite?.split('/').find((segment) => parametersIn(segment).length > 1);
  if (crowded !== undefined) return nothing(`"${crowded}" of the rewrite has several parameters`);
  return { reason: undefined, turn: (operation) => turn(operation, client, sent) };
}

const asIs = ({ segments, isOpen, trailingSlash }: ClientPath): SentShape => ({
  segments: [
    ...segments.map((each) =>
      each.kind === 'parameter'
        ? { before: '', name: each.name, after: '' }
        : { before: each.text, after: '' },
    ),
    ...(trailingSlash && !isOpen ? [{ before: '', after: '' }] : []),
  ],
  keepsRest: isOpen,
});

/** What stands in a path for a parameter of the client's: a text, or a parameter of the upstream's. */
type Binding =
  | { readonly kind: 'text'; readonly text: string; readonly names: readonly string[] }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'free' };

interface Bound {
  readonly bindings: Map<string, Binding>;
  /** Parameters of the upstream's that the rewrite gives. */
  readonly fixed: Set<string>;
}

function turn(operation: ApiOperation, client: ClientPath, sent: SentShape): Turned | undefined {
  const segments = operation.path.split('/').slice(1);
  const { length } = sent.segments;
  // `/` of the upstream is what a prefix without rest is sent to.
  const isRoot = sent.keepsRest && length === 0 && segments.length === 1 && segments[0] === '';
  if (sent.keepsRest ? segments.length < length : segments.length !== length) return undefined;
  const bound: Bound = { bindings: new Map(), fixed: new Set() };
  for (const [i, shape] of sent.segments.entries()) {
    if (!bind(shape, segments[i]!, bound)) return undefined;
  }
  const rest = isRoot ? [] : segments.slice(length);
  const takesSlash = isRoot && client.segments.length > 0;
  return { ...written(operation, client, rest, bound), takesSlash };
}

/** Can `segment` of the upstream's path be what `shape` sends? Notes what stands for what. */
function bind({ before, name, after }: ShapeSegment, segment: string, bound: Bound): boolean {
  const names = parametersIn(segment);
  const isWhole = names.length === 1 && segment === `{${names[0]}}`;
  if (name === undefined) {
    if (names.length === 0) return segment === before;
    if (!isWhole && !patternOf(segment).test(before)) return false;
    for (const each of names) bound.fixed.add(each);
    return true;
  }
  const found = bindingOf(segment, names, before, after, isWhole);
  if (found === undefined) return false;
  if (found.kind === 'free') for (const each of names) bound.fixed.add(each);
  if (!bound.bindings.has(name)) bound.bindings.set(name, found);
  return true;
}

function bindingOf(
  segment: string,
  names: readonly string[],
  before: string,
  after: string,
  isWhole: boolean,
): Binding | undefined {
  if (names.length > 0) {
    if (before !== '' || after !== '') return { kind: 'free' };
    return isWhole
      ? { kind: 'parameter', name: names[0]! }
      : { kind: 'text', text: segment, names };
  }
  const fits =
    segment.length > before.length + after.length &&
    segment.startsWith(before) &&
    segment.endsWith(after);
  if (!fits) return undefined;
  const text = segment.slice(before.length, segment.length - after.length);
  return { kind: 'text', text, names };
}

/** `report-{id}.json` as a pattern. */
const patternOf = (segment: string): RegExp =>
  new RegExp(
    `^${segment
      .split(/\{[^{}]*\}/)
      .map((text) => RegExp.escape(text))
      .join('.+')}$`,
  );

function written(
  { parameters }: ApiOperation,
  { segments, trailingSlash, isOpen }: ClientPath,
  rest: readonly string[],
  { bindings, fixed }: Bound,
): Omit<Turned, 'takesSlash'> {
  const own = parameters.filter((each) => each.in === 'path' && !fixed.has(each.name));
  const inPath: ApiParameter[] = [];
  const keep = (name: string, as: string): void => {
    const found = own.find((each) => each.name === name);
    inPath.push({ ...(found ?? parameter('path', name, { type: 'string' })), name: as });
  };
  const path: string[] = [];
  for (const segment of segments) {
    const binding = segment.kind === 'parameter' ? bindings.get(segment.name) : undefined;
    if (segment.kind === 'literal') path.push(segment.text);
    else if (binding?.kind === 'text') {
      path.push(binding.text);
      for (const name of binding.names) keep(name, name);
    } else {
      path.push(`{${segment.name}}`);
      keep(binding?.kind === 'parameter' ? binding.name : '', segment.name);
    }
  }
  for (const segment of rest) {
    path.push(
      segment.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
        const free = freeName(
          name,
          inPath.map((each) => each.name),
        );
        keep(name, free);
        return `{${free}}`;
      }),
    );
  }
  const others = parameters.filter((each) => each.in !== 'path');
  return {
    path: `/${path.join('/')}${trailingSlash && !isOpen ? '/' : ''}`,
    parameters: [...inPath, ...others],
    fixed: fixed.size,
  };
}
