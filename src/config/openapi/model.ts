/**
 * What the OpenAPI document of an upstream says, in one form: references of parameters, bodies and answers are
 * resolved, schemas are JSON Schema 2020-12, and nothing is left but keywords that may be published.
 */

/** JSON Schema 2020-12. References have the form `#/components/schemas/Name`. */
export type ApiSchema = boolean | ApiSchemaObject;
export type ApiSchemaObject = Readonly<Record<string, unknown>>;

export interface ApiDocument {
  /** Absolute path. */
  readonly file: string;
  readonly operations: readonly ApiOperation[];
  /** What schemas refer to, by name. */
  readonly schemas: Readonly<Record<string, ApiSchema>>;
}

export interface ApiOperation {
  /** In upper case. */
  readonly method: string;
  /** As requests to the upstream have it: `/v1/products/{id}`, with the path of its server. */
  readonly path: string;
  /** As the document has it, without the path of its server. */
  readonly source: string;
  readonly id?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly isDeprecated: boolean;
  /** Marked `x-internal`: never told. */
  readonly isInternal: boolean;
  readonly parameters: readonly ApiParameter[];
  /** Absent: it takes none. */
  readonly body?: ApiBody;
  /** By status, class (`2XX`) or `default`. */
  readonly responses: Readonly<Record<string, ApiResponse>>;
}

export interface ApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'cookie';
  readonly description?: string;
  readonly isRequired: boolean;
  readonly isDeprecated: boolean;
  readonly style: string;
  readonly explode: boolean;
  readonly allowReserved: boolean;
  readonly schema: ApiSchema;
  /** Its text is of this media type, such as `application/json`. Absent: `style` tells how it is written. */
  readonly mediaType?: string;
}

export interface ApiBody {
  readonly description?: string;
  readonly isRequired: boolean;
  /** By media type or range. */
  readonly content: ApiContent;
}

export interface ApiResponse {
  readonly description: string;
  readonly headers: Readonly<Record<string, ApiHeader>>;
  readonly content: ApiContent;
}

export interface ApiHeader {
  readonly description?: string;
  readonly isRequired: boolean;
  readonly schema: ApiSchema;
}

/** Media type → schema of the body. */
export type ApiContent = Readonly<Record<string, { readonly schema: ApiSchema }>>;

/** How a reference to the schema `name` is written. */
export const schemaReference = (name: string): string => `#/components/schemas/${name}`;
