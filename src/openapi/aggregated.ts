/** The operation of an aggregate: one object of what its parts' upstreams document. */
import type { ApiOperation, ApiParameter, ApiSchema } from '../config/openapi/model.ts';
import { parseTemplate } from '../config/schema/template.ts';
import { parseValuePath } from '../core/value-path.ts';
import type { ShapeConfig } from '../routes/shape/shape.ts';
import { clientPaths, methodsOf, parameter, templateOf } from './client-path.ts';
import { anyOf } from './merge.ts';
import {
  BODY_ERRORS,
  CALL_ERRORS,
  type Describing,
  json,
  type Operation,
  REQUEST_ERRORS,
  response,
} from './operation.ts';
import { shapedSchema } from './shapes.ts';
import { compileTurner } from './turned.ts';

/** As far as its answer and its request depend on it. */
export interface DescribedPart extends ShapeConfig {
  readonly name: string;
  readonly upstream: string;
  readonly method: string;
  /** A template of the client's values, and of other parts'. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly required: boolean;
  readonly default?: unknown;
  readonly as?: string | undefined;
  readonly spread?: boolean | undefined;
  /** It asks for what no document describes. */
  readonly graphql?: unknown;
  /** Of its answer; absent: JSON. */
  readonly type?: string | undefined;
  /** It may be answered by another upstream, or not be called. */
  readonly fallback?: unknown;
  readonly when?: unknown;
  readonly forwardHeaders?: readonly string[] | undefined;
  readonly forwardQuery?: readonly string[] | undefined;
}

export interface DescribedAggregate {
  readonly parts: readonly DescribedPart[];
  readonly forwardHeaders: readonly string[];
  readonly forwardQuery: readonly string[];
  /** Clients may choose fields. */
  readonly fields: boolean;
  /** Clients may have each part as it comes. */
  readonly stream: boolean;
}

/** A part, with the operation of its upstream where that is known. */
interface Known {
  readonly part: DescribedPart;
  readonly operation: ApiOperation | undefined;
}

export function aggregatedOperations(
  config: DescribedAggregate,
  describing: Describing,
): Operation[] {
  const known = config.parts.map((part) => ({ part, operation: operationOf(part, describing) }));
  const writer = known.find(({ part }) => part.method !== 'GET');
  const body = writer?.operation?.body;
  const degraded = config.parts.some(({ required }) => !required);
  const answer = response(
    'The parts, in one object.',
    contentOf(answerSchema(known, describing), config),
    degraded ? DEGRADED : {},
  );
  const isMissable = known.some(
    ({ part, operation }) => part.required && operation?.responses['404'],
  );
  return clientPaths(describing.route, describing.warn).flatMap((client) => {
    const { path, parameters } = templateOf(client);
    const told = [...withParts(parameters, known, config), ...(config.fields ? [FIELDS] : [])];
    return methodsOf(client).map((method) => ({
      method,
      path,
      isDeprecated: false,
      parameters: [...told, ...client.conditions],
      ...(body && method !== 'GET' && { body }),
      responses: { 200: answer },
      errors: [
        ...REQUEST_ERRORS,
        ...(isMissable ? (['GW_ROUTE_NOT_FOUND'] as const) : []),
        ...(body && method !== 'GET' ? BODY_ERRORS : []),
        ...CALL_ERRORS,
        'GW_UPSTREAM_INVALID',
      ],
    }));
  });
}

/** What tells clients that a part is missing. */
export const DEGRADED: Operation['responses'][string]['headers'] = {
  'Gateway-Degraded': {
    description: 'Names the parts that could not be had, and why: `payment;reason=timeout`.',
    isRequired: false,
    schema: { type: 'string' },
  },
};

function contentOf(
  schema: ApiSchema,
  { fields, stream }: DescribedAggregate,
): ReturnType<typeof json> {
  const chosen = { type: 'object', description: 'The fields that were asked for.' };
  return {
    ...json(fields ? { anyOf: [schema, chosen] } : schema),
    ...(stream && { 'application/x-ndjson': { schema: {} }, 'text/event-stream': { schema: {} } }),
  };
}

const FIELDS = {
  ...parameter('query', 'fields', { type: 'string' }),
  description: 'The fields to answer with: `order(id,total),payment`. Default: all.',
};

/** Nothing documents its answer. */
const isUntold = ({ graphql, type, fallback }: DescribedPart): boolean =>
  graphql !== undefined || fallback !== undefined || (type !== undefined && type !== 'json');

const PARAMETER = /\{[^{}]*\}/g;

/** The operation that a part asks for. */
function operationOf(part: DescribedPart, describing: Describing): ApiOperation | undefined {
  if (isUntold(part)) return undefined;
  const document = describing.documentOf(part.upstream);
  if (document === undefined) {
    describing.warn(
      `the upstream "${part.upstream}" has no OpenAPI document: the part "${part.name}" may be anything`,
    );
    return undefined;
  }
  // What stands in its path is anything.
  let parameters = 0;
  const path = part.path.replaceAll(PARAMETER, () => `{p${(parameters += 1)}}`);
  const segments = path.split('/').slice(1);
  const client = {
    segments: segments.map((text) => {
      const [, name] = /^\{(\w+)\}$/.exec(text) ?? [];
      return name === undefined
        ? ({ kind: 'literal', text } as const)
        : ({ kind: 'parameter', name } as const);
    }),
    isOpen: false,
    trailingSlash: false,
    conditions: [],
  };
  const { turn } = compileTurner(client, undefined);
  const found = document.operations
    .filter(({ method }) => method === part.method)
    .flatMap((operation) => {
      const turned = turn(operation);
      return turned === undefined ? [] : [{ operation, fixed: turned.fixed }];
    })
    .toSorted((a, b) => a.fixed - b.fixed);
  if (found.length === 0) {
    describing.warn(
      `the document of "${part.upstream}" has no ${part.method} ${part.path}: the part "${part.name}" may be anything`,
    );
  }
  return found[0]?.operation;
}

function partSchema({ part, operation }: Known, { resolve }: Describing): ApiSchema {
  const answers = Object.entries(operation?.responses ?? {}).filter(([status]) =>
    status.startsWith('2'),
  );
  const schemas = answers.flatMap(([, { content }]) =>
    Object.entries(content).flatMap(([type, { schema }]) =>
      /[/+]json$/.test(type) ? [schema] : [],
    ),
  );
  const schema = schemas.length === 0 ? {} : shapedSchema(anyOf(schemas), part, resolve);
  return part.default === undefined ? schema : anyOf([schema, { const: part.default }]);
}

interface Group {
  readonly properties: Record<string, ApiSchema | Group>;
  readonly required: Set<string>;
}

const isGroup = (value: ApiSchema | Group): value is Group =>
  typeof value === 'object' && (value as Group).required instanceof Set;

/** The whole object, with parts where `as` and `spread` put them. */
function answerSchema(known: readonly Known[], describing: Describing): ApiSchema {
  const root: Group = { properties: {}, required: new Set() };
  const spread: ApiSchema[] = [];
  for (const each of known) {
    const { part } = each;
    const schema = partSchema(each, describing);
    if (part.spread === true) {
      // A field of it may have given way to another part's.
      spread.push(part.required ? loose(describing.resolve(schema)) : {});
      continue;
    }
    const isThere = (part.required || part.default !== undefined) && part.when === undefined;
    const path = part.as === undefined ? [part.name] : parseValuePath(part.as);
    let group = root;
    for (const name of path.slice(0, -1)) {
      if (isThere) group.required.add(name);
      const inner = group.properties[name];
      const made: Group =
        inner !== undefined && isGroup(inner) ? inner : { properties: {}, required: new Set() };
      group.properties[name] = made;
      group = made;
    }
    group.properties[path.at(-1)!] = schema;
    if (isThere) group.required.add(path.at(-1)!);
  }
  const own = schemaOf(root);
  const told = spread.filter((schema) => schema !== true && Object.keys(schema).length > 0);
  return told.length === 0 ? own : { allOf: [own, ...told] };
}

/** Without what forbids other members. */
function loose(schema: ApiSchema): ApiSchema {
  if (typeof schema === 'boolean') return {};
  const { additionalProperties: _a, unevaluatedProperties: _u, required: _r, ...rest } = schema;
  return rest;
}

function schemaOf({ properties, required }: Group): ApiSchema {
  const written = Object.entries(properties).map(
    ([name, each]) => [name, isGroup(each) ? schemaOf(each) : each] as const,
  );
  return {
    type: 'object',
    ...(required.size > 0 && { required: [...required] }),
    properties: Object.fromEntries(written),
  };
}

/** The parameters of the path, with the schemas that parts give them, and what parts take of query and header. */
function withParts(
  path: readonly ApiParameter[],
  known: readonly Known[],
  { forwardHeaders, forwardQuery }: DescribedAggregate,
): ApiParameter[] {
  const found = new Map(path.map((each) => [`path ${each.name}`, each]));
  const add = (each: ApiParameter): void => {
    const key = `${each.in} ${each.name}`;
    if (!found.has(key)) found.set(key, each);
  };
  for (const { part, operation } of known) {
    for (const [name, schema] of pathSchemas(part, operation)) {
      const own = found.get(`path ${name}`);
      if (own !== undefined) found.set(`path ${name}`, { ...own, ...schema });
    }
    for (const text of [part.path, ...Object.values(part.query ?? {})]) {
      for (const { root, rest } of parseTemplate(text).references) {
        const place = PLACES[root];
        const name = rest.join('.');
        if (place !== undefined && name !== '') add(parameter(place, name, { type: 'string' }));
      }
    }
    for (const name of part.forwardQuery ?? forwardQuery) {
      for (const each of operation?.parameters ?? []) {
        const isTaken = name === each.name || (name === '*' && !(each.name in (part.query ?? {})));
        if (each.in === 'query' && isTaken) add({ ...each, isRequired: false });
      }
    }
    for (const name of part.forwardHeaders ?? forwardHeaders) {
      const isUsual = name === '*' || name.toLowerCase() === 'accept-language';
      if (!isUsual) add(parameter('header', name, { type: 'string' }));
    }
  }
  return [...found.values()];
}

const PLACES: Readonly<Record<string, 'query' | 'header'>> = { query: 'query', header: 'header' };

/** What the upstream says of a path parameter of the client's that is handed on as it is. */
function* pathSchemas(
  { path }: DescribedPart,
  operation: ApiOperation | undefined,
): Generator<readonly [string, Pick<ApiParameter, 'schema' | 'description'>]> {
  const theirs = operation?.path.split('/') ?? [];
  for (const [i, segment] of path.split('/').entries()) {
    const [, name] = /^\{(\w+)\}$/.exec(segment) ?? [];
    const [, other] = /^\{(.+)\}$/.exec(theirs[i] ?? '') ?? [];
    const found = operation?.parameters.find((each) => each.in === 'path' && each.name === other);
    if (name === undefined || found === undefined) continue;
    const { schema, description } = found;
    yield [name, { schema, ...(description !== undefined && { description }) }];
  }
}
