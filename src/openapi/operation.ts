/**
 * What a route says of the requests that it serves, before plugins add to it. Actions tell it; writing.ts makes an OpenAPI
 * document of it.
 *
 * Schemas are JSON Schema 2020-12. A reference names a schema of the whole document: `#/components/schemas/catalog_Product`.
 */
import type {
  ApiBody,
  ApiOperation,
  ApiParameter,
  ApiResponse,
  ApiSchema,
} from '../config/openapi/model.ts';
import type { RouteConfig } from '../config/build/config.ts';
import type { ErrorCode } from '../core/errors.ts';

export interface Operation {
  /** In upper case. */
  readonly method: string;
  /** As clients write it: `/api/products/{id}`. */
  readonly path: string;
  /** The path in the document that it comes from, by which `docs.only` names it. Default: `path`. */
  readonly source?: string;
  readonly id?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly isDeprecated: boolean;
  readonly parameters: readonly ApiParameter[];
  readonly body?: ApiBody;
  /** By status, class (`2XX`) or `default`. */
  readonly responses: Readonly<Record<string, ApiResponse>>;
  /** Of the gateway's own. */
  readonly errors: readonly ErrorCode[];
  /** Plugin options that an endpoint of a BFF adds to those of its route. */
  readonly plugins?: Readonly<Record<string, unknown>>;
  /** The last parameter of its path stands for all that follows, slashes too, or for nothing. */
  readonly isOpen?: boolean;
  /** Its path with a slash behind it is the same to the upstream. */
  readonly takesSlash?: boolean;
  /** Nothing but its path is known. */
  readonly isFree?: boolean;
  /** The route itself checks requests by these schemas. */
  readonly checksItself?: boolean;
  /** The same operation of other upstreams that a request may be sent to. */
  readonly alternatives?: readonly Operation[] | undefined;
}

/** The document of an upstream, with the names that its schemas have in the whole one. */
export interface NamedDocument {
  readonly operations: readonly ApiOperation[];
}

/** What an action may ask about the route that it describes. */
export interface Describing {
  readonly route: RouteConfig;
  /** `undefined`: the upstream has none. */
  readonly documentOf: (upstream: string) => NamedDocument | undefined;
  /** Schema of the whole document that a reference names. */
  readonly resolve: (schema: ApiSchema) => ApiSchema;
  /** Something cannot be told; said to the operator, not to clients. */
  readonly warn: (message: string) => void;
}

/** Errors of every request: what is read of it before anything else. */
export const REQUEST_ERRORS: readonly ErrorCode[] = ['GW_REQUEST_INVALID'];

/** Errors of requests with a body. */
export const BODY_ERRORS: readonly ErrorCode[] = ['GW_REQUEST_TIMEOUT', 'GW_BODY_TOO_LARGE'];

/** Errors of requests for which upstreams are called. */
export const CALL_ERRORS: readonly ErrorCode[] = [
  'GW_UPSTREAM_CONNECT',
  'GW_UPSTREAM_RESET',
  'GW_UPSTREAM_PROTOCOL',
  'GW_UPSTREAM_HEADERS',
  'GW_OVERLOADED',
  'GW_BULKHEAD_FULL',
  'GW_CIRCUIT_OPEN',
  'GW_NO_TARGET',
  'GW_UPSTREAM_TIMEOUT',
  'GW_DEADLINE_EXCEEDED',
];

/** An answer of which nothing is known but its text. */
export const response = (
  description: string,
  content: ApiResponse['content'] = {},
  headers: ApiResponse['headers'] = {},
): ApiResponse => ({ description, headers, content });

export const json = (schema: ApiSchema): ApiResponse['content'] => ({
  'application/json': { schema },
});
