/** The operations of a route that forwards: those of its upstream's document, under the route's paths. */
import type { ApiOperation } from '../config/openapi/model.ts';
import type { RewriteConfig } from '../routes/rewrite.ts';
import { type ClientPath, clientPaths } from './client-path.ts';
import { freeForm } from './free-form.ts';
import {
  BODY_ERRORS,
  CALL_ERRORS,
  type Describing,
  type Operation,
  REQUEST_ERRORS,
} from './operation.ts';
import { compileTurner } from './turned.ts';

/** How a route reaches an upstream. */
export interface Forwarded {
  readonly upstream: string;
  readonly rewrite?: RewriteConfig | undefined;
}

/** What the route serves of its upstream; free-form operations where that cannot be told. */
export function forwardedOperations(
  { upstream, rewrite }: Forwarded,
  describing: Describing,
): Operation[] {
  const { route, documentOf, warn } = describing;
  const document = documentOf(upstream);
  const paths = clientPaths(route, warn);
  if (document === undefined) {
    warn(`the upstream "${upstream}" has no OpenAPI document: its operations are not told`);
    return paths.flatMap((path) => freeForm(path, ANYTHING));
  }
  return paths.flatMap((client) => {
    const { reason, turn } = compileTurner(client, rewrite);
    if (reason !== undefined) {
      warn(`its operations are not told: ${reason}`);
      return freeForm(client, ANYTHING);
    }
    const found = document.operations.flatMap((operation) => {
      if (operation.isInternal || !isServed(operation, client)) return [];
      const turned = turn(operation);
      return turned === undefined ? [] : [{ operation, turned, client }];
    });
    return mostExact(found).map(asOperation);
  });
}

/** Free-form operations call, too. */
const ANYTHING = { errors: [...REQUEST_ERRORS, ...BODY_ERRORS, ...CALL_ERRORS] };

const isServed = ({ method }: ApiOperation, { methods }: ClientPath): boolean =>
  methods === undefined
    ? method !== 'TRACE'
    : methods.includes(method) || (method === 'HEAD' && methods.includes('GET'));

interface Found {
  readonly operation: ApiOperation;
  readonly turned: NonNullable<ReturnType<ReturnType<typeof compileTurner>['turn']>>;
  readonly client: ClientPath;
}

/** Of two for one path, an upstream serves the one that has more of its texts. */
function mostExact(found: readonly Found[]): Found[] {
  const byKey = new Map<string, Found>();
  for (const each of found) {
    const key = `${each.operation.method} ${each.turned.path}`;
    const known = byKey.get(key);
    if (known === undefined || each.turned.fixed < known.turned.fixed) byKey.set(key, each);
  }
  return [...byKey.values()];
}

function asOperation({ operation, turned, client }: Found): Operation {
  const { method, id, summary, description, isDeprecated, body, responses } = operation;
  const { path, parameters } = turned;
  return {
    method,
    path,
    source: operation.source,
    ...(id !== undefined && { id }),
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    isDeprecated,
    ...(turned.takesSlash && { takesSlash: true }),
    parameters: [...parameters, ...client.conditions.filter(isNotIn(parameters))],
    ...(body && { body }),
    responses,
    errors: [...REQUEST_ERRORS, ...(body === undefined ? [] : BODY_ERRORS), ...CALL_ERRORS],
  };
}

const isNotIn =
  (known: Operation['parameters']) =>
  (each: Operation['parameters'][number]): boolean =>
    !known.some((other) => other.name === each.name && other.in === each.in);
