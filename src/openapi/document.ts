/**
 * Writes an OpenAPI 3.1 document of what routes say of themselves, and plugins add: one pure function of a config.
 *
 * Everything in it is made here: what is not named does not get in.
 */
import type { ApiContent, ApiHeader, ApiParameter, ApiSchema } from '../config/openapi/model.ts';
import { reachable, representatives, withRepresentatives } from './components.ts';
import type { Operation } from './operation.ts';
import type { DocumentedHeader, PluginDocument } from './plugin-document.ts';
import { PROBLEM, problemResponses, problemSchema, type WrittenAnswer } from './problems.ts';
import { type PluginAddition, withPlugins } from './with-plugins.ts';

export interface DocumentInfo {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  /** URLs at which clients reach the gateway; empty: where the document is. */
  readonly servers: readonly string[];
}

export interface DescribedRoute {
  readonly name: string;
  readonly tags: readonly string[];
  readonly isDeprecated: boolean;
  readonly operations: readonly Operation[];
  /** What plugins add, to the operation. */
  readonly pluginsOf: (operation: Operation) => readonly PluginAddition[];
}

export interface WrittenDocument {
  readonly openapi: '3.1.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly servers?: readonly { readonly url: string }[];
  readonly tags?: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, WrittenOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, ApiSchema>>;
    readonly securitySchemes?: Readonly<Record<string, unknown>>;
  };
}

export type WrittenOperation = Readonly<Record<string, unknown>>;

/** @param schemas what the schemas of operations refer to, by name */
export function writeDocument(
  { title, version, description, servers }: DocumentInfo,
  routes: readonly DescribedRoute[],
  schemas: ReadonlyMap<string, ApiSchema>,
): WrittenDocument {
  const writer = new Writer(schemas);
  for (const route of routes) writer.add(route);
  return {
    openapi: '3.1.0',
    info: { title, version, ...(description !== undefined && { description }) },
    servers: servers.length === 0 ? [{ url: '/' }] : servers.map((url) => ({ url })),
    ...writer.rest(),
  };
}

class Writer {
  readonly #all: ReadonlyMap<string, ApiSchema>;
  readonly #paths = new Map<string, Map<string, WrittenOperation>>();
  readonly #schemes = new Map<string, unknown>();
  readonly #tags = new Set<string>();
  readonly #ids = new Set<string>();
  readonly #used: ApiSchema[] = [];

  constructor(all: ReadonlyMap<string, ApiSchema>) {
    this.#all = new Map([...all, [PROBLEM, problemSchema()]]);
  }

  add(route: DescribedRoute): void {
    for (const operation of route.operations) {
      const method = operation.method.toLowerCase();
      const path = this.#paths.get(operation.path) ?? new Map<string, WrittenOperation>();
      this.#paths.set(operation.path, path);
      if (path.has(method)) continue;
      path.set(method, this.#operation(operation, route));
    }
  }

  #operation(
    bare: Operation,
    { name, tags: own, isDeprecated, pluginsOf }: DescribedRoute,
  ): WrittenOperation {
    const plugins = pluginsOf(bare);
    const operation = withPlugins(bare, plugins);
    const tags = own.length > 0 ? own : (operation.tags ?? []);
    for (const tag of tags) this.#tags.add(tag);
    const { summary, description, parameters, body, responses, errors } = operation;
    const written = responsesOf(responses, this.#schema, operation.added);
    const problems = problemResponses(errors);
    if (problems.size > 0) this.#schema({ $ref: `#/components/schemas/${PROBLEM}` });
    return {
      operationId: this.#id(operation, name),
      ...(summary !== undefined && { summary }),
      ...(description !== undefined && { description }),
      ...(tags.length > 0 && { tags }),
      ...((isDeprecated || operation.isDeprecated) && { deprecated: true }),
      ...this.#security(operation.security),
      ...(parameters.length > 0 && {
        parameters: parameters.map((each) => writtenParameter(each, this.#schema)),
      }),
      ...(body && {
        requestBody: {
          ...(body.description !== undefined && { description: body.description }),
          ...(body.isRequired && { required: true }),
          content: contentOf(body.content, this.#schema),
        },
      }),
      responses: withProblems(written, problems, operation.added),
    };
  }

  /** That of the upstream where no other operation has it. */
  #id({ id, method, path }: Operation, route: string): string {
    const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
    const base = id ?? `${route}_${[method.toLowerCase(), ...words].join('_')}`;
    const candidates = [base, `${route}_${base}`];
    for (let i = 2; ; i++) {
      const free = candidates.find((each) => !this.#ids.has(each));
      if (free !== undefined) {
        this.#ids.add(free);
        return free;
      }
      candidates.push(`${route}_${base}_${i}`);
    }
  }

  #security(choices: PluginDocument['security']): { readonly security?: unknown } {
    if (choices === undefined) return {};
    const security = choices.map((choice) =>
      Object.fromEntries(
        choice.map(({ name, scheme, scopes = [] }) => {
          this.#schemes.set(name, scheme);
          return [name, scopes];
        }),
      ),
    );
    return { security };
  }

  /** Notes that `schema` is used. */
  readonly #schema = (schema: ApiSchema): ApiSchema => {
    this.#used.push(schema);
    return schema;
  };

  rest(): Pick<WrittenDocument, 'tags' | 'paths' | 'components'> {
    const needed = reachable(this.#used, this.#all);
    const names = representatives(needed);
    const schemas = [...needed].flatMap(([name, schema]) =>
      names.get(name) === name ? [[name, withRepresentatives(schema, names)] as const] : [],
    );
    const schemes = Object.fromEntries(this.#schemes);
    const paths = [...this.#paths].map(
      ([path, operations]) => [path, Object.fromEntries(operations)] as const,
    );
    return {
      ...(this.#tags.size > 0 && { tags: [...this.#tags].map((name) => ({ name })) }),
      paths: renamedIn(Object.fromEntries(paths), names),
      components: {
        schemas: Object.fromEntries(schemas.toSorted(([a], [b]) => (a < b ? -1 : 1))),
        ...(this.#schemes.size > 0 && { securitySchemes: schemes }),
      },
    };
  }
}

/** Schemas of operations stand under `schema` alone. */
function renamedIn<T>(value: T, names: ReadonlyMap<string, string>): T {
  const change = (each: unknown): unknown => {
    if (Array.isArray(each)) return each.map(change);
    if (typeof each !== 'object' || each === null) return each;
    const members = Object.entries(each).map(([key, member]) =>
      key === 'schema'
        ? [key, withRepresentatives(member as ApiSchema, names)]
        : [key, change(member)],
    );
    return Object.fromEntries(members);
  };
  return change(value) as T;
}

type Note = (schema: ApiSchema) => ApiSchema;

const DEFAULT_STYLES = { path: 'simple', query: 'form', header: 'simple', cookie: 'form' };

function writtenParameter(each: ApiParameter, note: Note): unknown {
  const { name, in: place, description, isRequired, isDeprecated, style, explode } = each;
  const isUsualStyle = style === DEFAULT_STYLES[place];
  return {
    name,
    in: place,
    ...(description !== undefined && { description }),
    ...(isRequired && { required: true }),
    ...(isDeprecated && { deprecated: true }),
    ...(each.mediaType === undefined
      ? {
          ...(!isUsualStyle && { style }),
          ...(explode !== (style === 'form') && { explode }),
          ...(each.allowReserved && { allowReserved: true }),
          schema: note(each.schema),
        }
      : { content: { [each.mediaType]: { schema: note(each.schema) } } }),
  };
}

const contentOf = (content: ApiContent, note: Note): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(content).map(([type, { schema }]) => [type, { schema: note(schema) }]),
  );

const writtenHeader = ({ description, isRequired, schema }: ApiHeader, note: Note): unknown => ({
  ...(description !== undefined && { description }),
  ...(isRequired && { required: true }),
  schema: note(schema),
});

type Added = Readonly<Record<string, DocumentedHeader>>;

const addedHeaders = (added: Added): [string, unknown][] =>
  Object.entries(added).map(([name, { description, schema = { type: 'string' } }]) => [
    name,
    { description, schema },
  ]);

function responsesOf(
  responses: Operation['responses'],
  note: Note,
  added: Added,
): Map<string, WrittenAnswer> {
  const written = Object.entries(responses).map(([status, { description, headers, content }]) => {
    const fields = [
      ...Object.entries(headers).map(
        ([name, header]) => [name, writtenHeader(header, note)] as const,
      ),
      ...addedHeaders(added),
    ];
    const answer = {
      description: description === '' ? `Status ${status}.` : description,
      ...(fields.length > 0 && { headers: Object.fromEntries(fields) }),
      ...(Object.keys(content).length > 0 && { content: contentOf(content, note) }),
    };
    return [status, answer] as const;
  });
  return new Map(written);
}

/** An upstream may answer with the same status as the gateway, each in its own form. */
function withProblems(
  responses: ReadonlyMap<string, WrittenAnswer>,
  problems: ReadonlyMap<string, WrittenAnswer>,
  added: Added,
): Readonly<Record<string, WrittenAnswer>> {
  const all = new Map(responses);
  for (const [status, { description, headers, content }] of problems) {
    const own = responses.get(status);
    // A field of every answer need not be told with each error.
    const isTold = own !== undefined || status === '429';
    const fields = {
      ...own?.headers,
      ...headers,
      ...(isTold && Object.fromEntries(addedHeaders(added))),
    };
    all.set(status, {
      description: own === undefined ? description : `${own.description} Or: ${description}`,
      ...(Object.keys(fields).length > 0 && { headers: fields }),
      content: withContent(own?.content, content),
    });
  }
  return Object.fromEntries(all);
}

/** Of one type, it may be either. */
function withContent(own: object = {}, ours: object = {}): object {
  const shared = Object.entries(ours).map(([type, media]: [string, Media]) => {
    const other = (own as Readonly<Record<string, Media>>)[type];
    if (other === undefined) return [type, media] as const;
    return [type, { schema: { anyOf: [other.schema, media.schema] } }] as const;
  });
  return { ...own, ...Object.fromEntries(shared) };
}

interface Media {
  readonly schema: ApiSchema;
}
