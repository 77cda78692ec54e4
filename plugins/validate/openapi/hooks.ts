/** Checks requests by the operations that their route serves, as the OpenAPI documents of its upstreams have them. */
import type { FastifyRequest } from 'fastify';
import {
  GatewayError,
  type PluginHooks,
  type PreparedRoute,
  type RouteOperation,
  type RouteOperations,
} from 'portico';
import type { DocumentSchemas } from './document-schemas.ts';
import { type CheckedOperation, compileOperation, type Refused } from './operation.ts';
import { type Found, PathTree } from './path-tree.ts';

export interface OpenapiOptions {
  readonly mode: 'refuse' | 'report';
  readonly unknownQuery: 'allow' | 'refuse';
}

interface Surroundings {
  /** For the schemas of a generation, which all its routes share. */
  readonly schemasOf: (schemas: RouteOperations['schemas']) => DocumentSchemas;
  readonly count: (request: FastifyRequest, part: Refused['part']) => void;
}

type Tree = PathTree<CheckedOperation>;

export function openapiHooks(
  { mode, unknownQuery }: OpenapiOptions,
  { schemasOf, count }: Surroundings,
): PluginHooks {
  let tree: Tree | undefined;
  const find = ({ method, gateway }: FastifyRequest): Found<CheckedOperation> | undefined =>
    tree?.find(method, gateway.path);
  return {
    phase: 'validate',
    async prepare(route) {
      const refusesUnknown = unknownQuery === 'refuse';
      tree = await treeOf(route, refusesUnknown, schemasOf);
    },
    async onRequest(request) {
      const found = find(request);
      if (found === undefined) return;
      const refused = await refusedBy(found, request, 'all');
      if (refused === undefined) return;
      count(request, refused.part);
      if (mode === 'refuse') throw refused.error;
    },
    async explain(request) {
      const found = find(request);
      if (found === undefined) return { says: 'nothing of this route is described' };
      const refused = await refusedBy(found, request, 'head');
      if (refused !== undefined) {
        if (mode === 'refuse') throw refused.error;
        return { says: `only reports: ${refused.error.message}` };
      }
      const [operation] = found.kind === 'found' ? found.entries : [];
      const says = `the operation ${operation?.method} ${operation?.path}`;
      const isOpen = operation?.looksAtBody === true && mayHaveBody(request);
      return isOpen ? { says: `${says}; the body was not looked at`, isCertain: false } : { says };
    },
  };
}

const mayHaveBody = ({ method }: FastifyRequest): boolean => method !== 'GET' && method !== 'HEAD';

/**
 * `undefined` for a route that calls nobody, so that there is nothing to check.
 *
 * @throws {Error} for one that calls upstreams, but of which nothing is known
 */
async function treeOf(
  route: PreparedRoute,
  refusesUnknown: boolean,
  schemasOf: Surroundings['schemasOf'],
): Promise<Tree | undefined> {
  const { operations, schemas: named, untold, callsUpstreams } = route.operations();
  const described = operations.filter(({ isFree }) => isFree !== true);
  if (!callsUpstreams) return undefined;
  if (described.length < operations.length || described.length === 0) {
    throw new Error(whyNothing(untold, described));
  }
  const schemas = schemasOf(named);
  const tree: Tree = new PathTree();
  for (const operation of described) {
    for (const each of [operation, ...(operation.alternatives ?? [])]) {
      const rules = { refusesUnknown };
      const checked = await saying(each, () =>
        compileOperation(each, rules, schemas, () => route.pause()),
      );
      tree.add(checked);
      if (each.takesSlash === true) tree.add({ ...checked, path: `${checked.path}/` });
    }
    await route.pause();
  }
  return tree;
}

function whyNothing(untold: readonly string[], described: readonly RouteOperation[]): string {
  const [reason] = untold;
  if (reason !== undefined) return `"openapi" has nothing to check by: ${reason}`;
  return described.length === 0
    ? '"openapi" has nothing to check by: no operation of the document can be reached by this match and rewrite'
    : '"openapi" has nothing to check by: no document tells what this route takes';
}

/** What is wrong with a schema says which operation has it. */
async function saying<T>({ method, path }: RouteOperation, compile: () => Promise<T>): Promise<T> {
  try {
    return await compile();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${method} ${path} cannot be checked: ${message}`, { cause: error });
  }
}

/** @throws what is not a fault of the content */
async function refusedBy(
  found: Found<CheckedOperation>,
  request: FastifyRequest,
  what: 'all' | 'head',
): Promise<Refused | undefined> {
  if (found.kind === 'none') {
    const error = new GatewayError('GW_ROUTE_NOT_FOUND', 'nothing is served at this path');
    return { part: 'path', error };
  }
  if (found.kind === 'method') {
    const error = new GatewayError(
      'GW_METHOD_NOT_ALLOWED',
      `${request.method} is not served at this path`,
      { headers: { allow: found.allow.join(', ') } },
    );
    return { part: 'method', error };
  }
  let first: Refused | undefined;
  // Of several, the request may be for any.
  for (const operation of found.entries) {
    const refused =
      operation.headFault(request) ??
      (what === 'all' ? await operation.bodyFault(request) : undefined);
    if (refused === undefined) return undefined;
    first ??= refused;
  }
  return first;
}
