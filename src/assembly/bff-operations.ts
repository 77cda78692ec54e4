/** The endpoints of a BFF as operations of an OpenAPI document: by its zod schemas, which also check and trim. */
import { z } from 'zod';
import type { ApiParameter, ApiSchema } from '../config/openapi/model.ts';
import { schemaReference } from '../config/openapi/model.ts';
import { DEGRADED } from '../openapi/aggregated.ts';
import { parameter } from '../openapi/client-path.ts';
import { BODY_ERRORS, CALL_ERRORS, json, type Operation, response } from '../openapi/operation.ts';
import { mapReferences, nameIn } from '../openapi/schema-walk.ts';

/** An endpoint as its BFF has registered it. */
export interface WrittenEndpoint {
  readonly methods: readonly string[];
  /** Below the mount, as Fastify writes it: `/products/:id`. */
  readonly path: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** Plugin options of its own, parsed. */
  readonly plugins: Readonly<Record<string, unknown>>;
}

export interface BffNames {
  /** Of the route that mounts it: schemas that have an id are called by it. */
  readonly route: string;
  /** Without `/*`. */
  readonly prefix: string;
  /** Takes the schemas that are referred to. */
  readonly add: (name: string, schema: ApiSchema) => void;
  /** Those that documents do not tell, too. Default false. */
  readonly withHidden?: boolean;
}

const ANYTHING = { default: response('Whatever the service answers.', { '*/*': { schema: {} } }) };

/** Without a schema no body can be sent. */
const BARE = { default: response('An answer without a body, such as a redirect.') };

/** What clients can ask of a BFF. */
export const bffOperations = (
  endpoints: readonly WrittenEndpoint[],
  names: BffNames,
): Operation[] =>
  endpoints
    .filter(({ schema }) => names.withHidden === true || schema['hide'] !== true)
    .flatMap((endpoint) => endpoint.methods.map((method) => operationOf(method, endpoint, names)));

function operationOf(
  method: string,
  { path, schema, plugins }: WrittenEndpoint,
  names: BffNames,
): Operation {
  const { summary, description, tags, operationId, deprecated } = schema;
  const template = templateOf(path);
  const body = isZod(schema['body']) ? jsonSchema(schema['body'], 'input', names) : undefined;
  return {
    method,
    source: template,
    path: `${names.prefix}${template === '/' ? '' : template}` || '/',
    ...(typeof operationId === 'string' && { id: operationId }),
    ...(typeof summary === 'string' && { summary }),
    ...(typeof description === 'string' && { description }),
    ...(Array.isArray(tags) && { tags: tags as string[] }),
    isDeprecated: deprecated === true,
    isOpen: path.endsWith('*'),
    takesSlash: template === '/',
    checksItself: true,
    parameters: parametersOf(template, schema, names),
    ...(body !== undefined && { body: { isRequired: true, content: json(body) } }),
    responses: { ...responsesOf(schema['response'], names), ...problemsOf(schema['problems']) },
    errors: [
      'GW_REQUEST_INVALID',
      ...(body === undefined ? [] : ([...BODY_ERRORS, 'GW_MEDIA_TYPE'] as const)),
      // Of a part whose upstream has no such thing.
      'GW_ROUTE_NOT_FOUND',
      ...CALL_ERRORS,
      'GW_UPSTREAM_INVALID',
    ],
    plugins,
  };
}

/** `/products/:id` as `/products/{id}`; `*` is called `path`. */
const templateOf = (path: string): string =>
  path
    .replaceAll(/:([A-Za-z0-9_]+)(\([^)]*\))?\??/g, '{$1}')
    .replaceAll('::', ':')
    .replace(/\*$/, '{path}');

function parametersOf(
  template: string,
  schema: WrittenEndpoint['schema'],
  names: BffNames,
): ApiParameter[] {
  const inPath = [...template.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name!);
  const params = membersOf(schema['params'], names);
  const query = membersOf(schema['querystring'] ?? schema['query'], names);
  const headers = membersOf(schema['headers'], names);
  return [
    ...inPath.map((name) =>
      parameter('path', name, params.find((each) => each.name === name)?.schema ?? TEXT),
    ),
    ...query.map((each) => parameter('query', each.name, each.schema, each.isRequired)),
    ...headers.map((each) => parameter('header', each.name, each.schema, each.isRequired)),
  ];
}

const TEXT = { type: 'string' };

interface Member {
  readonly name: string;
  readonly schema: ApiSchema;
  readonly isRequired: boolean;
}

/** The properties of an object that came as texts. */
function membersOf(schema: unknown, names: BffNames): Member[] {
  if (!isZod(schema)) return [];
  const read = jsonSchema(schema, 'input', names);
  const { properties = {}, required = [] } = read as {
    readonly properties?: Readonly<Record<string, ApiSchema>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, each]) => ({
    name,
    schema: each,
    isRequired: required.includes(name),
  }));
}

function responsesOf(given: unknown, names: BffNames): Operation['responses'] {
  // It passes requests on.
  if (typeof given !== 'object' || given === null) return ANYTHING;
  if (Object.keys(given).length === 0) return BARE;
  const responses = Object.entries(given).map(([status, each]: [string, unknown]) => {
    const schema = isZod(each) ? jsonSchema(each, 'output', names) : {};
    const written = typeof schema === 'object' ? schema['description'] : undefined;
    const description = typeof written === 'string' ? written : 'The answer.';
    const headers = status.startsWith('2') ? DEGRADED : {};
    const content = isZod(each) ? contentOf(each, schema) : json(schema);
    return [status.replace(/xx$/i, 'XX'), response(description, content, headers)] as const;
  });
  return Object.fromEntries(responses);
}

/** Problem documents of its own types, which no document of the gateway names. */
function problemsOf(given: unknown): Operation['responses'] {
  const content = { 'application/problem+json': { schema: OWN_PROBLEM } };
  return Object.fromEntries(
    Object.entries((given ?? {}) as Readonly<Record<string, string>>).map(
      ([status, description]) => [status, response(description, content)] as const,
    ),
  );
}

const OWN_PROBLEM: ApiSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'instance'],
  properties: {
    type: { type: 'string', description: 'A URI that names the kind of problem.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'Names the request, for support.' },
  },
};

/** A text is sent as it is, and so is a file that is passed on: both may be of any type. */
function contentOf(written: z.ZodType, schema: ApiSchema): ReturnType<typeof json> {
  if (isNothing(written)) return {};
  return written._zod.def.type === 'string' ? { '*/*': { schema: {} } } : json(schema);
}

const isNothing = (schema: z.ZodType): boolean =>
  ['null', 'undefined', 'void', 'never'].includes(schema._zod.def.type);

/** A schema with an id is one of the document. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', names: BffNames): ApiSchema {
  // An input is what clients send: what is coerced came as anything.
  const {
    $schema: _,
    $defs = {},
    ...own
  } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
  }) as Readonly<Record<string, unknown>>;
  const nameOf = (name: string): string => `${names.route}_${name.replaceAll(/[^\w.-]/g, '_')}`;
  const renamed = (each: ApiSchema): ApiSchema =>
    mapReferences(each, (reference) => schemaReference(nameOf(nameIn(reference))));
  for (const [name, each] of Object.entries($defs as Readonly<Record<string, ApiSchema>>)) {
    names.add(nameOf(name), renamed(withoutId(each)));
  }
  return renamed(withoutId(own));
}

function withoutId(schema: ApiSchema): ApiSchema {
  if (typeof schema === 'boolean') return schema;
  const { id: _id, $id: _$id, ...rest } = schema;
  return rest;
}

const isZod = (value: unknown): value is z.ZodType =>
  typeof value === 'object' && value !== null && '_zod' in value;
