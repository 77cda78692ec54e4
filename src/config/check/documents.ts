/** Checks that the OpenAPI documents of upstreams can be read. */
import type { NamedFiles } from '../build/named-files.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import type { Finding, Path } from '../fault.ts';
import type { ApiDocument } from '../openapi/model.ts';
import { PAUSE, type Step } from './step.ts';
import { hint } from './suggest.ts';

/** The findings of each upstream's `openapi`; a fault within a document tells its place there. */
export function* checkDocuments({ upstreams, routes }: Tree, files: NamedFiles): Generator<Step> {
  if (!isMap(upstreams)) return;
  const documents = new Map<string, ApiDocument>();
  for (const [name, upstream] of Object.entries(upstreams)) {
    if (!isMap(upstream) || typeof upstream['openapi'] !== 'string') continue;
    const path = ['upstreams', name, 'openapi'];
    try {
      documents.set(name, files.openapiAt(path, upstream['openapi']));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      yield { path, message: error.message };
    }
    yield PAUSE;
  }
  if (documents.size === 0 || !isMap(routes)) return;
  for (const [name, route] of Object.entries(routes)) {
    if (isMap(route)) yield* checkOnly(route, ['routes', name, 'docs', 'only'], documents);
    yield PAUSE;
  }
}

/** Operations that a route tells of, which its upstream does not have. */
function* checkOnly(
  { upstream, docs }: Tree,
  path: Path,
  documents: ReadonlyMap<string, ApiDocument>,
): Generator<Finding> {
  const only = isMap(docs) ? docs['only'] : undefined;
  const document = typeof upstream === 'string' ? documents.get(upstream) : undefined;
  if (document === undefined || !Array.isArray(only)) return;
  const { operations } = document;
  const paths = operations.map(({ source }) => source);
  const whole = operations.map(({ method, source }) => `${method} ${source}`);
  for (const [i, each] of only.entries()) {
    if (typeof each !== 'string' || paths.includes(each) || whole.includes(each)) continue;
    const known = each.startsWith('/') ? paths : whole;
    const message = `the document of "${String(upstream)}" has no "${each}"${hint(each, known)}`;
    yield { path: [...path, i], message };
  }
}
