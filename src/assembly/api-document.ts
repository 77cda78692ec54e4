/** The OpenAPI document of a generation: what its actions, BFFs and plugins say, put together. */
import type { AnyAction } from '../actions/action.ts';
import type { Plugin } from '../authoring/plugin.ts';
import type { Config, MatchConfig, RouteConfig } from '../config/build/config.ts';
import { type DocumentInfo, writeDocument, type WrittenDocument } from '../openapi/document.ts';
import type { ApiSchema } from '../config/openapi/model.ts';
import { mapValues, NamedDocuments } from '../openapi/named-documents.ts';
import type { Operation } from '../openapi/operation.ts';
import type { RequiredRequest } from '../openapi/plugin-document.ts';
import { publishedSchema } from '../openapi/plugin-schema.ts';
import type { PluginAddition } from '../openapi/with-plugins.ts';
import { type Matcher, type MatchResult } from '../routes/matcher.ts';
import type { WrittenEndpoint } from './bff-operations.ts';
import { routeOperations } from './route-operations.ts';

export interface Described {
  readonly config: Config;
  readonly actions: readonly AnyAction[];
  readonly plugins: ReadonlyMap<string, Plugin>;
  /** Endpoints of BFFs, by the routes that mount them. */
  readonly endpoints: ReadonlyMap<string, readonly WrittenEndpoint[]>;
  readonly matcher: Pick<Matcher, 'find'>;
}

export interface Documented {
  readonly document: WrittenDocument;
  /** What could not be told, for operators. */
  readonly warnings: readonly string[];
}

/** @param routes which of them, in this order */
export function apiDocument(
  { config, actions, plugins, endpoints, matcher }: Described,
  info: DocumentInfo,
  routes: readonly RouteConfig[],
): Documented {
  const documents = new NamedDocuments(config.upstreams);
  const warnings: string[] = [];
  const operationsOf = (route: RouteConfig): readonly Operation[] => {
    const told = routeOperations(route, { actions, endpoints, documents });
    warnings.push(...told.untold.map((message) => `${route.name}: ${message}`));
    return told.operations;
  };
  const described = routes.map((route) => {
    const { docs } = route;
    const operations = operationsOf(route).filter(
      (operation) =>
        METHODS.has(operation.method) &&
        isWanted(operation, route) &&
        isReached(operation, route, matcher),
    );
    // At once: what they define are schemas of the document.
    const additions = new Map(
      operations.map((each) => [each, additionsOf(each, route, config, plugins, documents)]),
    );
    return {
      name: route.name,
      tags: docs !== false && docs?.tag !== undefined ? [docs.tag] : [],
      isDeprecated: docs !== false && docs?.deprecated === true,
      operations,
      pluginsOf: (operation: Operation) => additions.get(operation) ?? [],
    };
  });
  return { document: writeDocument(info, described, documents.schemas), warnings };
}

/** By the path that the upstream's document has, or the client's. */
function isWanted({ method, path, source = path }: Operation, { docs }: RouteConfig): boolean {
  if (docs === false || docs?.only === undefined) return true;
  return docs.only.some((each) => each === source || each === `${method} ${source}`);
}

/** OpenAPI knows no others. */
const METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE']);

/** No text of a config. */
const SOME_SEGMENT = 'x-any-x';

/** Does a request for it get to `route`, and not to one that goes before? */
function isReached(
  { method, path }: Operation,
  route: RouteConfig,
  matcher: Described['matcher'],
): boolean {
  const asked = path.replaceAll(/\{[^{}]*\}/g, SOME_SEGMENT);
  return route.matches.some((match) => {
    const found = matcher.find({ method, path: asked, ...sampleOf(match) });
    return routeOf(found) === undefined || routeOf(found) === route;
  });
}

const routeOf = (found: MatchResult): RouteConfig | undefined =>
  found.kind === 'match' ? found.match.route : undefined;

/** A request that meets the conditions of `match`, as far as they say how. */
function sampleOf({ hosts = [], headers, cookies, query }: MatchConfig) {
  const texts = (values: MatchConfig['headers']): [string, string][] =>
    values.map(([name, each]) => [name, each.kind === 'equals' ? each.value : 'x']);
  const fields = Object.fromEntries(texts(headers));
  const cookie = texts(cookies).map(([name, value]) => `${name}=${value}`);
  const all = { ...fields, ...(cookie.length > 0 && { cookie: cookie.join('; ') }) };
  return {
    host: (hosts[0] ?? 'localhost').replace('*', 'x'),
    headers: all,
    rawHeaders: Object.entries(all).flat(),
    query: new URLSearchParams(texts(query)).toString(),
  };
}

function additionsOf(
  operation: Operation,
  route: RouteConfig,
  { plugins: settings }: Config,
  plugins: ReadonlyMap<string, Plugin>,
  documents: NamedDocuments,
): PluginAddition[] {
  const { plugins: own = {}, method, path, isFree = false, body } = operation;
  const options = { ...route.plugins, ...own };
  const asked = { method, path, isFree, hasBody: body !== undefined };
  return Object.entries(options).flatMap(([name, each]) => {
    const plugin = plugins.get(name);
    if (plugin === undefined) return [];
    const of = (settings[name] ?? plugin.settings.parse({})) as never;
    const { request, ...told } = plugin.document?.(each, of, method, asked) ?? {};
    const add = documents.add.bind(documents);
    return {
      ...told,
      ...(request && { request: published(request, `${route.name}_${name}`, add) }),
      insists: plugin.insists === true,
    };
  });
}

const published = (
  request: RequiredRequest,
  name: string,
  add: NamedDocuments['add'],
): RequiredRequest =>
  mapValues(request as Readonly<Record<string, ApiSchema>>, (schema, part) =>
    publishedSchema(schema, `${name}_${part}`, add),
  );
