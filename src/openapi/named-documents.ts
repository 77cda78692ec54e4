/** The documents of all upstreams in one set of names: `<upstream>_<name>`. */
import {
  type ApiContent,
  type ApiDocument,
  type ApiOperation,
  type ApiSchema,
  schemaReference,
} from '../config/openapi/model.ts';
import type { UpstreamConfig } from '../config/build/config.ts';
import type { NamedDocument } from './operation.ts';
import { mapReferences, nameIn } from './schema-walk.ts';

export class NamedDocuments {
  readonly #documents = new Map<string, NamedDocument>();
  readonly #schemas = new Map<string, ApiSchema>();

  /** @param readers `clients`: addresses of upstreams are taken out of all texts */
  constructor(
    upstreams: Readonly<Record<string, UpstreamConfig>>,
    readers: 'clients' | 'plugins' = 'clients',
  ) {
    for (const [name, { openapi, targets }] of Object.entries(upstreams)) {
      if (openapi === undefined) continue;
      const hide = hider(readers === 'clients' ? targets.map(({ origin }) => origin) : []);
      this.#add(name, hide(openapi));
    }
  }

  #add(upstream: string, { operations, schemas }: ApiDocument): void {
    const own = (reference: string): string => schemaReference(`${upstream}_${nameIn(reference)}`);
    const renamed = (schema: ApiSchema): ApiSchema => mapReferences(schema, own);
    for (const [name, schema] of Object.entries(schemas)) {
      this.#schemas.set(`${upstream}_${name}`, renamed(schema));
    }
    this.#documents.set(upstream, {
      operations: operations.map((operation) => renamedOperation(operation, renamed)),
    });
  }

  of(upstream: string): NamedDocument | undefined {
    return this.#documents.get(upstream);
  }

  /** Adds a schema of another origin. */
  add(name: string, schema: ApiSchema): void {
    this.#schemas.set(name, schema);
  }

  /** By the names of the whole document. */
  get schemas(): ReadonlyMap<string, ApiSchema> {
    return this.#schemas;
  }

  /** The schema that `schema` refers to, or itself. */
  resolve(schema: ApiSchema): ApiSchema {
    let now = schema;
    for (let i = 0; i < 20; i++) {
      if (typeof now === 'boolean' || typeof now['$ref'] !== 'string') return now;
      if (Object.keys(now).length > 1) return now;
      now = this.#schemas.get(nameIn(now['$ref'])) ?? true;
    }
    return true;
  }
}

function renamedOperation(
  operation: ApiOperation,
  renamed: (schema: ApiSchema) => ApiSchema,
): ApiOperation {
  const content = (written: ApiContent): ApiContent =>
    mapValues(written, ({ schema }) => ({ schema: renamed(schema) }));
  const { parameters, body, responses } = operation;
  return {
    ...operation,
    parameters: parameters.map((each) => ({ ...each, schema: renamed(each.schema) })),
    ...(body && { body: { ...body, content: content(body.content) } }),
    responses: mapValues(responses, (each) => ({
      ...each,
      headers: mapValues(each.headers, (header) => ({
        ...header,
        schema: renamed(header.schema),
      })),
      content: content(each.content),
    })),
  };
}

export const mapValues = <T, U>(
  values: Readonly<Record<string, T>>,
  change: (value: T, key: string) => U,
): Record<string, U> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));

/** Takes the addresses of an upstream out of every text of its document: descriptions may hold them. */
function hider(origins: readonly string[]): (document: ApiDocument) => ApiDocument {
  const hosts = origins.flatMap((origin) =>
    URL.canParse(origin) ? [origin, new URL(origin).host] : [origin],
  );
  const secret = [...new Set(hosts)].filter((host) => host.length > 3);
  const isTold = (text: string): boolean => secret.some((host) => text.includes(host));
  const hidden = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return secret.reduce((text, host) => text.replaceAll(host, '…'), value);
    }
    if (Array.isArray(value)) return value.map(hidden);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hidden(each)]));
  };
  return (document) => {
    const { operations, schemas } = document;
    if (!isTold(JSON.stringify({ operations, schemas }))) return document;
    // The same shape: only texts have changed.
    return { ...document, ...(hidden({ operations, schemas }) as typeof document) };
  };
}
