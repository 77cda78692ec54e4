/** What a plugin adds to the OpenAPI document of its routes. */
import type { ApiSchema } from '../config/openapi/model.ts';
import type { ErrorCode } from '../core/errors.ts';

/** A way to authenticate. */
export interface DocumentedScheme {
  /** Its key among the security schemes of the document, such as `bearer`. */
  readonly name: string;
  /** A Security Scheme Object of OpenAPI 3.1: `{ type: 'http', scheme: 'bearer' }`. */
  readonly scheme: Readonly<Record<string, unknown>>;
  /** Scopes or roles that are needed. Default: none. */
  readonly scopes?: readonly string[];
}

export interface DocumentedParameter {
  readonly in: 'query' | 'header' | 'cookie';
  readonly name: string;
  readonly description?: string;
  /** Default false. */
  readonly required?: boolean;
  /** JSON Schema 2020-12. Default: a text. */
  readonly schema?: ApiSchema;
}

export interface DocumentedHeader {
  readonly description: string;
  /** JSON Schema 2020-12. Default: a text. */
  readonly schema?: ApiSchema;
}

export interface DocumentedAnswer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, DocumentedHeader>>;
}

/**
 * JSON Schemas, draft 2020-12 or 7, that requests must meet, each with its own references. `query`, `params` and `headers` (in
 * lower case) are objects; a `body` is JSON.
 */
export interface RequiredRequest {
  readonly body?: ApiSchema;
  readonly query?: ApiSchema;
  readonly params?: ApiSchema;
  readonly headers?: ApiSchema;
}

/** The operation that a plugin is asked about. */
export interface DocumentedOperation {
  /** In upper case. */
  readonly method: string;
  /** As clients write it: `/api/products/{id}`. */
  readonly path: string;
  /** Nothing but its path is known. */
  readonly isFree: boolean;
  readonly hasBody: boolean;
}

/** Absent: nothing of that kind. */
export interface PluginDocument {
  /** In addition to what the operation says. */
  readonly request?: RequiredRequest;
  /** Ways to authenticate, one of which is needed; an empty list among them: none is. */
  readonly security?: readonly (readonly DocumentedScheme[])[];
  readonly parameters?: readonly DocumentedParameter[];
  /** Codes of the gateway that it refuses requests with; they are problem documents. */
  readonly errors?: readonly ErrorCode[];
  /** Other answers that it gives, by status. */
  readonly responses?: Readonly<Record<number, DocumentedAnswer>>;
  /** Fields of every answer. */
  readonly headers?: Readonly<Record<string, DocumentedHeader>>;
  /** Fields that no answer has, in lower case. */
  readonly withoutHeaders?: readonly string[];
  readonly isDeprecated?: boolean;
  /** It changes bodies of requests, of answers, or of both: what upstreams say of those does not hold. */
  readonly changesBodies?: { readonly request?: boolean; readonly response?: boolean };
}
