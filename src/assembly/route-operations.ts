/** What one route serves: for the documents that routes publish, and for plugins. */
import { type AnyAction, madeBy } from '../actions/action.ts';
import type { RouteOperations } from '../authoring/plugin-hooks.ts';
import type { Config, RouteConfig } from '../config/build/config.ts';
import { NamedDocuments } from '../openapi/named-documents.ts';
import type { Operation } from '../openapi/operation.ts';
import { bffOperations, type WrittenEndpoint } from './bff-operations.ts';

interface Sources {
  readonly actions: readonly AnyAction[];
  /** Endpoints of BFFs, by the routes that mount them. */
  readonly endpoints: ReadonlyMap<string, readonly WrittenEndpoint[]>;
  readonly documents: NamedDocuments;
  /** Those that are not told clients, too. Default false. */
  readonly withHidden?: boolean;
}

interface ToldRoute {
  readonly operations: readonly Operation[];
  /** Why some are not told. */
  readonly untold: readonly string[];
}

export function routeOperations(
  route: RouteConfig,
  { actions, endpoints, documents, withHidden = false }: Sources,
): ToldRoute {
  const untold: string[] = [];
  const written = endpoints.get(route.name);
  if (written !== undefined) {
    const add = documents.add.bind(documents);
    const names = { route: route.name, prefix: prefixOf(route), add, withHidden };
    return { operations: bffOperations(written, names), untold };
  }
  const operations = madeBy(actions, route.action).document(route.action, {
    route,
    documentOf: (upstream) => documents.of(upstream),
    resolve: (schema) => documents.resolve(schema),
    warn: (message) => untold.push(message),
  });
  return { operations, untold };
}

/** For the plugins of a generation; nothing is done before somebody asks. */
export function operationsForPlugins(
  { upstreams }: Config,
  sources: Pick<Sources, 'actions' | 'endpoints'>,
): (route: RouteConfig) => RouteOperations {
  let documents: NamedDocuments | undefined;
  return (route) => {
    documents ??= new NamedDocuments(upstreams, 'plugins');
    const { schemas } = documents;
    const { actions, endpoints } = sources;
    const callsUpstreams =
      endpoints.has(route.name) || madeBy(actions, route.action).upstreams(route.action).length > 0;
    const told = routeOperations(route, { ...sources, documents, withHidden: true });
    return { ...told, schemas, callsUpstreams };
  };
}

/** Of a BFF, which has one plain prefix. */
const prefixOf = ({ matches: [match] }: RouteConfig): string =>
  (match?.path?.segments ?? [])
    .map((segment) => `/${segment.kind === 'literal' ? segment.text : `{${segment.name}}`}`)
    .join('');
