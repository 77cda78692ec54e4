/**
 * Refuses requests that do not match a schema, before any upstream sees them.
 *
 * A body is read whole, under the route's limit, and goes on byte for byte: conversions are
 * for validation only.
 */
import type { FastifyRequest } from 'fastify';
import {
  definePlugin,
  GatewayError,
  isGatewayError,
  type OptionFault,
  type PluginHost,
  z,
} from 'portico';
import { placed } from './places.ts';
import { bodyOf, type Checked, headersOf, paramsOf, queryOf } from './request.ts';
import {
  compileSchema,
  schemaFaults,
  type Invalid,
  type Schema,
  type Validator,
} from './schema.ts';

const schema = (what: string) => z.record(z.string(), z.json()).optional().describe(what);

const Options = z
  .strictObject({
    body: schema('JSON Schema of the body, which must then be JSON.'),
    query: schema('JSON Schema of the query, an object; a repeated name is a list.'),
    params: schema('JSON Schema of the path’s parameters, an object.'),
    headers: schema('JSON Schema of the header, an object; names in lower case.'),
    mode: z
      .enum(['refuse', 'report'])
      .default('refuse')
      .describe('`report` refuses nothing, but counts and logs: a dry run.'),
  })
  .describe('What a request must look like; JSON Schema, draft 2020-12 or 7.');
type Options = z.output<typeof Options>;

const PARTS = ['params', 'query', 'headers', 'body'] as const;
type Part = (typeof PARTS)[number];

export default definePlugin({
  name: 'validate',
  settings: z.strictObject({}),
  options: Options,
  check: checkOptions,
  loosened: {
    *ofOptions(before, after) {
      if (before === undefined) return;
      if (after === undefined || (before.mode === 'refuse' && after.mode === 'report')) {
        const path = after === undefined ? [] : ['mode'];
        yield { path, message: 'requests that do not match the schema reach the upstream' };
        return;
      }
      const gone = PARTS.filter((part) => before[part] !== undefined && after[part] === undefined);
      if (gone.length === 0) return;
      yield { path: [], message: `${gone.join(', ')} of requests may be anything` };
    },
  },
  register: (_settings, host) => {
    const count = counter(host);
    return {
      route(options) {
        const checks = compile(options);
        return {
          phase: 'validate',
          async onRequest(request) {
            for (const check of checks) {
              const error = await failureOf(check, request);
              if (error === undefined) continue;
              count(request, check.part, options.mode);
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
      },
    };
  },
});

function* checkOptions(options: Options): Generator<OptionFault> {
  const given = PARTS.filter((part) => options[part] !== undefined);
  if (given.length === 0) {
    yield { path: [], message: 'checks nothing: give it a body, query, params or headers' };
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
  readonly part: Part;
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

async function valueOf(part: Part, request: FastifyRequest): Promise<Checked | undefined> {
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

function refusal(part: Part, faults: readonly Invalid[]): GatewayError {
  const errors = faults.map((fault) => ({ in: part, ...fault }));
  const [{ pointer, detail }] = faults as readonly [Invalid];
  const what = `${part}${pointer}: ${detail}`;
  return new GatewayError('GW_REQUEST_INVALID', what, { extensions: { errors } });
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
