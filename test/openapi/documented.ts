/** Documents of small configs. */
import { documentConfig } from '../../src/gateway.ts';
import type { WrittenDocument, WrittenOperation } from '../../src/openapi/document.ts';
import { type Files, folderOf } from '../config/config-files.ts';

export interface Told {
  readonly document: WrittenDocument;
  readonly warnings: readonly string[];
  /** Methods and paths. */
  readonly operations: readonly string[];
  readonly operation: (name: `${string} ${string}`) => Shown;
}

export interface Shown extends WrittenOperation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description: string;
        readonly headers?: object;
        readonly content?: Readonly<Record<string, { readonly schema: unknown }>>;
      }
    >
  >;
}

/** The document of a config with these sections; `files` lie beside it. */
export async function told(config: object, files: Files = {}, route?: string): Promise<Told> {
  const folder = folderOf({ 'c.yaml': JSON.stringify({ version: 1, ...config }), ...files });
  const file = `${folder}/c.yaml`;
  const { document, warnings } = await documentConfig({ file, environment: {} }, route);
  const all = new Map<string, Shown>(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, each]) => [`${method.toUpperCase()} ${path}`, each as Shown] as const,
      ),
    ),
  );
  return {
    document,
    warnings,
    operations: [...all.keys()],
    operation: (name) => {
      const found = all.get(name);
      if (found === undefined) throw new Error(`no ${name} in ${[...all.keys()].join(', ')}`);
      return found;
    },
  };
}

export const api = (paths: object, components: object = {}, version = '3.1.0'): string =>
  JSON.stringify({ openapi: version, info: { title: 't', version: '1' }, paths, components });

export const answering = (schema: object, more: object = {}): object => ({
  responses: { 200: { description: 'd', content: { 'application/json': { schema } } } },
  ...more,
});

/** One upstream with a document, and one route to it. */
export const forwarding = (route: object, more: object = {}): object => ({
  upstreams: { up: { targets: ['http://10.1.2.3:81'], openapi: 'api.json' } },
  routes: { shop: { upstream: 'up', ...route } },
  ...more,
});
