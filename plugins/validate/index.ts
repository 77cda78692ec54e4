/**
 * Refuses requests that do not match a schema, before any upstream sees them.
 *
 * A body is read whole, under the route's limit, and goes on byte for byte: conversions are
 * for validation only.
 */
import type { FastifyRequest } from 'fastify';
import {
  definePlugin,
  type GatewayError,
  isGatewayError,
  type KnownNames,
  type OptionFault,
  type PluginHooks,
  type PluginHost,
  type RouteOperations,
  z,
} from 'portico';
import { document } from './document.ts';
import { DocumentSchemas } from './openapi/document-schemas.ts';
import { openapiHooks } from './openapi/hooks.ts';
import { placed } from './places.ts';
import { type Part, refusal } from './refusal.ts';
import { bodyOf, type Checked, headersOf, paramsOf, queryOf } from './request.ts';
import { compileSchema, schemaFaults, type Schema, type Validator } from './schema.ts';

const schema = (what: string) => z.record(z.string(), z.json()).optional().describe(what);

const Options = z
  .strictObject({
    body: schema('JSON Schema of the body, which must then be JSON.'),
    query: schema('JSON Schema of the query, an object; a repeated name is a list.'),
    params: schema('JSON Schema of the path’s parameters, an object.'),
    headers: schema('JSON Schema of the header, an object; names in lower case.'),
    openapi: z
      .boolean()
      .default(false)
      .describe(
        'Requests are checked by what the OpenAPI document of the upstream says of the operation: path, method, parameters and body.',
      ),
    unknownQuery: z
      .enum(['allow', 'refuse'])
      .default('allow')
      .describe('Parameters of the query that the document does not have; needs `openapi`.'),
    mode: z
      .enum(['refuse', 'report'])
      .default('refuse')
      .describe('`report` refuses nothing, but counts and logs: a dry run.'),
  })
  .describe('What a request must look like: by JSON Schema, draft 2020-12 or 7, or by OpenAPI.');
type Options = z.output<typeof Options>;

const PARTS = ['params', 'query', 'headers', 'body'] as const;
type SchemaPart = (typeof PARTS)[number];

export default definePlugin({
  name: 'validate',
  settings: z.strictObject({}),
  options: Options,
  check: checkOptions,
  document: (options, _settings, _method, operation) => document(options, operation),
  loosened: {
    *ofOptions(before, after) {
      if (before === undefined) return;
      if (after === undefined || (before.mode === 'refuse' && after.mode === 'report')) {
        const path = after === undefined ? [] : ['mode'];
        yield { path, message: 'requests that do not match the schema reach the upstream' };
        return;
      }
      if (before.openapi && !after.openapi) {
        yield { path: [], message: 'requests that no OpenAPI document has reach the upstream' };
      } else if (before.unknownQuery === 'refuse' && after.unknownQuery === 'allow') {
        const message = 'parameters of the query that the document does not have are passed on';
        yield { path: ['unknownQuery'], message };
      }
      const gone = PARTS.filter((part) => before[part] !== undefined && after[part] === undefined);
      if (gone.length === 0) return;
      yield { path: [], message: `${gone.join(', ')} of requests may be anything` };
    },
  },
  register: (_settings, host) => {
    const count = counter(host);
    // Routes of one gateway share the schemas of its documents.
    const compiled = new WeakMap<object, DocumentSchemas>();
    const schemasOf = (schemas: RouteOperations['schemas']): DocumentSchemas => {
      const known = compiled.get(schemas) ?? new DocumentSchemas(schemas);
      compiled.set(schemas, known);
      return known;
    };
    return {
      route(options) {
        const { mode, openapi } = options;
        const counted = (request: FastifyRequest, part: Part): void => count(request, part, mode);
        const checks = compile(options);
        return [
          ...(openapi ? [openapiHooks(options, { schemasOf, count: counted })] : []),
          ...(checks.length > 0 ? [schemaHooks(checks, options, counted)] : []),
        ];
      },
    };
  },
});

function schemaHooks(
  checks: readonly Check[],
  options: Options,
  count: (request: FastifyRequest, part: Part) => void,
): PluginHooks {
  return {
    phase: 'validate',
    async onRequest(request) {
      for (const check of checks) {
        const error = await failureOf(check, request);
        if (error === undefined) continue;
        count(request, check.part);
        if (options.mode === 'refuse') throw error;
      }
    },
    async explain(request) {
      // There is no body to look at.
      const isOpen = options.body !== undefined && announcesBody(request);
      const looked = checks.filter(({ part }) => part !== 'body' || !isOpen);
      for (const check of looked) {
        const error = await failureOf(check, request);
        if (error === undefined) continue;
        if (options.mode === 'refuse') throw error;
        return { says: `only reports: ${error.message}`, isCertain: !isOpen };
      }
      return isOpen ? { says: 'the body was not looked at', isCertain: false } : undefined;
    },
  };
}

function* checkOptions(
  options: Options,
  _settings: unknown,
  others: ReadonlyMap<string, unknown>,
  { documented, upstreams }: KnownNames,
): Generator<OptionFault> {
  const given = PARTS.filter((part) => options[part] !== undefined);
  if (given.length === 0 && !options.openapi) {
    const message = 'checks nothing: give it "openapi: true", or a body, query, params or headers';
    yield { path: [], message };
  }
  if (options.openapi) {
    const upstream = others.get('upstream');
    if (typeof upstream === 'string' && upstreams.has(upstream) && !documented.has(upstream)) {
      const message = `the upstream "${upstream}" has no OpenAPI document: name it in upstreams.${upstream}.openapi`;
      yield { path: ['openapi'], message };
    }
  } else if (options.unknownQuery === 'refuse') {
    const message = 'needs "openapi: true"; in a schema of your own it is "additionalProperties"';
    yield { path: ['unknownQuery'], message };
  }
  for (const part of given) {
    const written: Schema = options[part]!;
    try {
      const faults = schemaFaults(written);
      for (const fault of faults) yield { ...fault, path: [part, ...fault.path] };
      if (faults.length > 0) continue;
      compileSchema(written, part !== 'body');
    } catch (error) {
      const fault = placed(written, (error as Error).message);
      yield { ...fault, path: [part, ...fault.path] };
    }
  }
  const names = Object.keys((options.headers?.['properties'] as object | undefined) ?? {});
  for (const name of names.filter((each) => each !== each.toLowerCase())) {
    const path = ['headers', 'properties', name];
    yield { path, message: `must be in lower case: "${name.toLowerCase()}"` };
  }
}

interface Check {
  readonly part: SchemaPart;
  readonly validate: Validator;
}

function compile(options: Options): readonly Check[] {
  return PARTS.flatMap((part) => {
    const written: Schema | undefined = options[part];
    if (written === undefined) return [];
    return [{ part, validate: compileSchema(written, part !== 'body') }];
  });
}

/** @throws what is not a fault of the content: it is too large, too slow, or gone */
async function failureOf(
  { part, validate }: Check,
  request: FastifyRequest,
): Promise<GatewayError | undefined> {
  let checked: Checked | undefined;
  try {
    checked = await valueOf(part, request);
  } catch (error) {
    const isFault = isGatewayError(error) && FAULTS.has(error.code);
    if (!isFault) throw error;
    return error;
  }
  if (checked === undefined) return undefined;
  const faults = validate(checked.value, checked.lost);
  return faults.length === 0 ? undefined : refusal(part, faults);
}

const announcesBody = ({ raw: { headers } }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const FAULTS: ReadonlySet<string> = new Set(['GW_REQUEST_INVALID', 'GW_MEDIA_TYPE']);

async function valueOf(part: SchemaPart, request: FastifyRequest): Promise<Checked | undefined> {
  switch (part) {
    case 'body':
      return bodyOf(request);
    case 'query':
      return { value: queryOf(request) };
    case 'params':
      return { value: paramsOf(request) };
    case 'headers':
      return { value: headersOf(request) };
  }
}

/** A line for each route and part in this time, at most. */
const QUIET_MS = 10_000;

function counter({ metrics, log }: PluginHost) {
  const invalid = metrics.counter(
    'invalid_requests_total',
    'Requests that do not match a schema, by the part of the request.',
    ['route', 'part', 'mode'],
  );
  const toldAt = new Map<string, number>();
  return function count(request: FastifyRequest, part: Part, mode: Options['mode']): void {
    const { route } = request.gateway;
    invalid.inc({ route, part, mode });
    if (mode === 'refuse') return;
    const now = performance.now();
    const key = `${route} ${part}`;
    if (now - (toldAt.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    toldAt.set(key, now);
    log.info({ route, part, requestId: request.id }, 'request would be refused by its schema');
  };
}
