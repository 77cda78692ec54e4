/** What plugins require of requests, put together with what an operation says of them. */
import type { ApiBody, ApiParameter, ApiSchema } from '../config/openapi/model.ts';
import { parameter } from './client-path.ts';
import { json } from './operation.ts';
import type { RequiredRequest } from './plugin-document.ts';

type Place = 'path' | 'query' | 'header';

const PLACES: readonly (readonly [keyof RequiredRequest, Place])[] = [
  ['params', 'path'],
  ['query', 'query'],
  ['headers', 'header'],
];

/** OpenAPI tells these by content and security. */
const NO_PARAMETERS = new Set(['accept', 'content-type', 'authorization']);
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** Parameters with what `required` says of them; new ones, where it names others. */
export function requiredParameters(
  known: readonly ApiParameter[],
  required: RequiredRequest,
): ApiParameter[] {
  const all = [...known];
  for (const [part, place] of PLACES) {
    const schema = required[part];
    if (typeof schema !== 'object') continue;
    const { properties = {}, required: names = [] } = schema as ObjectSchema;
    for (const [name, each] of Object.entries(properties)) {
      if (place === 'header' && NO_PARAMETERS.has(name)) continue;
      const at = all.findIndex((one) => one.in === place && sameName(place, one.name, name));
      const own = all[at];
      // A path has those of its template.
      if (own === undefined && place === 'path') continue;
      const isRequired = names.includes(name);
      if (own === undefined) all.push(parameter(place, name, each, isRequired));
      else {
        all[at] = {
          ...own,
          isRequired: own.isRequired || isRequired,
          schema: both(own.schema, each),
        };
      }
    }
  }
  return all;
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, ApiSchema>>;
  readonly required?: readonly string[];
}

const sameName = (place: Place, one: string, other: string): boolean =>
  place === 'header' ? one.toLowerCase() === other : one === other;

/** A body that is required to be JSON is nothing else. */
export function requiredBody(
  body: ApiBody | undefined,
  { body: schema }: RequiredRequest,
  method: string,
): ApiBody | undefined {
  if (schema === undefined || (body === undefined && WITHOUT_BODY.has(method))) return body;
  const own = Object.entries(body?.content ?? {}).filter(([type]) => /[/+]json$/.test(type));
  const content = own.map(([type, each]) => [type, { schema: both(each.schema, schema) }] as const);
  return {
    ...body,
    isRequired: !WITHOUT_BODY.has(method),
    content: content.length === 0 ? json(schema) : Object.fromEntries(content),
  };
}

/** A value that fits both. */
function both(one: ApiSchema, other: ApiSchema): ApiSchema {
  const saysNothing = (schema: ApiSchema): boolean =>
    schema === true ||
    (typeof schema === 'object' &&
      Object.entries(schema).every(([key, value]) => key === 'type' && value === 'string'));
  // Whatever comes in a path or a query is a text.
  if (saysNothing(one)) return other;
  if (saysNothing(other) || JSON.stringify(one) === JSON.stringify(other)) return one;
  return { allOf: [one, other] };
}
