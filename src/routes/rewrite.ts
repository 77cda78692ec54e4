/** Makes the path sent to an upstream from the one the client asked for. */
import { canonicalPath, encodeSegment, OWN_PATHS } from '../core/canonical-path.ts';
import { parseRegex } from '../config/schema/regex.ts';
import { parseTemplate, renderTemplate } from '../config/schema/template.ts';
import { GatewayError } from '../core/errors.ts';

export interface RewriteInput {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly rest: string;
}

export type Rewrite = (input: RewriteInput) => string;

/** A template, or a regex over the whole path with a template of its named groups. */
export type RewriteConfig = string | { readonly regex: string; readonly to: string };

/**
 * `/orders/*` replaces the matched prefix, `/orders/{id}` uses parameters; without a rewrite the path
 * stays.
 *
 * The result must be canonical, so that the upstream cannot read it as a different path than we do.
 *
 * @throws GW_REQUEST_INVALID when a parameter cannot stand in a path
 */
export function compileRewrite(rewrite: RewriteConfig | undefined): Rewrite {
  if (rewrite === undefined) return ({ path }) => path;
  if (typeof rewrite === 'object') return compileRegexRewrite(rewrite);
  const keepsRest = rewrite.endsWith('/*');
  const template = parseTemplate(keepsRest ? rewrite.slice(0, -2) : rewrite);
  if (template.references.length === 0) {
    // All pieces are canonical, so requests need no check.
    const base = template.text;
    return ({ rest }) => (keepsRest ? base + rest || '/' : base);
  }
  return ({ params, rest }) => {
    try {
      const base = renderTemplate(template, ({ root }) => encodeSegment(params[root] ?? ''));
      return mustBeCanonical(keepsRest ? base + rest || '/' : base);
    } catch (error) {
      throw unfit(error);
    }
  };
}

/** Groups are pieces of a canonical path, but what is made of them may not be one. */
function compileRegexRewrite({ regex: pattern, to }: { regex: string; to: string }): Rewrite {
  const regex = parseRegex(pattern);
  const template = parseTemplate(to);
  return ({ path }) => {
    const groups = regex.groups(path);
    if (groups === undefined) return path;
    return mustBeCanonical(renderTemplate(template, ({ root }) => groups[root] ?? ''));
  };
}

/**
 * The error for a path parameter that cannot stand where a template puts it; other errors pass unchanged.
 */
export function unfit(error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  return new GatewayError('GW_REQUEST_INVALID', `a path parameter is ${error.message}`, {
    cause: error,
  });
}

/** @throws GW_REQUEST_INVALID unless `path` is canonical */
export function mustBeCanonical(path: string): string {
  const canonical = canonicalPath(path, OWN_PATHS);
  if (canonical === path) return path;
  throw new GatewayError('GW_REQUEST_INVALID', 'a parameter would change the path');
}

/**
 * The same for a path that also holds values from upstreams. `ofClient` gives the path with harmless text
 * in place of those, which tells whose value is at fault.
 *
 * @throws GW_REQUEST_INVALID if the client's values are at fault, else GW_UPSTREAM_INVALID
 */
export function mustStayCanonical(path: string, ofClient: () => string): string {
  try {
    return mustBeCanonical(path);
  } catch (error) {
    mustBeCanonical(ofClient());
    const why = 'an upstream value would change the path';
    throw new GatewayError('GW_UPSTREAM_INVALID', why, { cause: error });
  }
}
