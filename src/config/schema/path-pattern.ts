/** The paths a route matches, as the config writes them: `/a/{id}` exactly, `/a/*` as a prefix. */
import { canonicalPath, OWN_PATHS } from '../../core/canonical-path.ts';
import { GatewayError } from '../../core/errors.ts';
import { semicolonFault } from '../../core/path-parameters.ts';

export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string };

export interface PathPattern {
  /** As written. */
  readonly text: string;
  readonly kind: 'exact' | 'prefix';
  /** Without the final `*`. */
  readonly segments: readonly Segment[];
  readonly parameters: readonly string[];
  /** A path that ends in `/` is another one than without. */
  readonly trailingSlash: boolean;
}

const PARAMETER = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/**
 * What is wrong with the first `/:id` of a path, as BFFs and most routers write it: taken for a text, the
 * route would match no request.
 */
export function colonParameter(path: string): string | undefined {
  const name = /(?:^|\/):([A-Za-z_][A-Za-z0-9_]*)(?=\/|$)/.exec(path)?.[1];
  return name === undefined ? undefined : `a parameter is written {${name}}, not :${name}`;
}

/**
 * Reads a pattern.
 *
 * @throws {RangeError} that says what is wrong with it
 */
export function parsePathPattern(text: string): PathPattern {
  if (text.endsWith('/**')) {
    throw new RangeError(`"${text}": to match everything below, write ${text.slice(0, -1)}`);
  }
  if (!text.startsWith('/')) throw new RangeError(`"${text}" must start with /`);
  const kind = text.endsWith('/*') ? 'prefix' : 'exact';
  const plain = kind === 'prefix' ? text.slice(0, -2) : text;
  if (plain.includes('*')) throw new RangeError(`"${text}": * may only be the last segment`);
  if (plain.includes('?')) {
    throw new RangeError(`"${text}" never matches: a path has no query; match it with "query"`);
  }
  const fault = semicolonFault(plain);
  if (fault !== undefined) throw new RangeError(`"${text}" ${fault}`);
  checkCanonical(text, plain);
  const parts = plain.split('/').filter((part) => part !== '');
  const segments = parts.map((part) => parseSegment(text, part));
  const parameters = segments.flatMap((each) => (each.kind === 'parameter' ? [each.name] : []));
  const twice = parameters.find((name, i) => parameters.indexOf(name) !== i);
  if (twice !== undefined) throw new RangeError(`"${text}" names the parameter {${twice}} twice`);
  const trailingSlash = kind === 'exact' && plain.length > 1 && plain.endsWith('/');
  return { text, kind, segments, parameters, trailingSlash };
}

function parseSegment(text: string, part: string): Segment {
  const name = PARAMETER.exec(part)?.[1];
  if (name !== undefined) return { kind: 'parameter', name };
  if (/[{}]/.test(part)) {
    throw new RangeError(`"${text}": a parameter must be a whole segment, such as /{id}`);
  }
  const misspelt = colonParameter(part);
  if (misspelt !== undefined) throw new RangeError(`"${text}": ${misspelt}`);
  return { kind: 'literal', text: part };
}

/**
 * The canonical spelling of a path that a person wrote, where requests have bytes.
 *
 * @throws {GatewayError} for what no request may have
 */
export function canonicalText(path: string): string {
  const escaped = path.replaceAll(/[^\p{ASCII}]+/gu, (text) =>
    encodeURIComponent(text.toWellFormed()),
  );
  return canonicalPath(escaped, OWN_PATHS);
}

/** A path that no request can have, since requests are made canonical first, would never match. */
function checkCanonical(text: string, plain: string): void {
  const sample = plain.replaceAll(/\{\w*\}/g, 'x').replaceAll(/[{}]/g, 'x') || '/';
  let canonical: string;
  try {
    canonical = canonicalText(sample);
  } catch (error) {
    throw new RangeError(`"${text}" never matches: ${(error as GatewayError).message}`, {
      cause: error,
    });
  }
  if (canonical === sample) return;
  throw new RangeError(`"${text}" never matches: paths are made canonical first (${canonical})`);
}
