/** Checks that the OpenAPI documents of upstreams can be read. */
import type { NamedFiles } from '../build/named-files.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import { PAUSE, type Step } from './step.ts';

/** The findings of each upstream's `openapi`; a fault within a document tells its place there. */
export function* checkDocuments({ upstreams }: Tree, files: NamedFiles): Generator<Step> {
  if (!isMap(upstreams)) return;
  for (const [name, upstream] of Object.entries(upstreams)) {
    if (!isMap(upstream) || typeof upstream['openapi'] !== 'string') continue;
    const path = ['upstreams', name, 'openapi'];
    try {
      files.openapiAt(path, upstream['openapi']);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      yield { path, message: error.message };
    }
    yield PAUSE;
  }
}
