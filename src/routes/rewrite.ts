/** The path an upstream is asked for, from the one the client asked for. */
import { canonicalPath, encodeSegment, OWN_PATHS } from '../core/canonical-path.ts';
import { parseTemplate, renderTemplate } from '../config/schema/template.ts';
import { GatewayError } from '../core/errors.ts';

export interface RewriteInput {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly rest: string;
}

export type Rewrite = (input: RewriteInput) => string;

/**
 * `/orders/*` replaces the matched prefix, `/orders/{id}` uses parameters; none keeps the path.
 *
 * What comes out is checked to be canonical, so that it can never be another path to the upstream
 * than it is to us.
 *
 * @throws GW_REQUEST_INVALID when a parameter cannot stand in a path
 */
export function compileRewrite(rewrite: string | undefined): Rewrite {
  if (rewrite === undefined) return ({ path }) => path;
  const keepsRest = rewrite.endsWith('/*');
  const template = parseTemplate(keepsRest ? rewrite.slice(0, -2) : rewrite);
  if (template.references.length === 0) {
    // Only canonical pieces: nothing to check for each request.
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

/** What a parameter of the client's path that cannot stand where a template puts it is answered with. */
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
 * The same for a path that has values of upstreams in it too; `ofClient` gives it with something
 * harmless in their place, and so tells whose fault it is.
 *
 * @throws GW_REQUEST_INVALID where the client's values are to blame, else GW_UPSTREAM_INVALID
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
