/** What the plugin adds to OpenAPI documents: its schemas, and what it refuses requests with. */
import type { DocumentedOperation, ErrorCode, PluginDocument } from 'portico';

interface Told {
  readonly body?: Schema | undefined;
  readonly query?: Schema | undefined;
  readonly params?: Schema | undefined;
  readonly headers?: Schema | undefined;
  readonly openapi: boolean;
  readonly mode: 'refuse' | 'report';
}

type Schema = Readonly<Record<string, unknown>>;

export function document(
  { body, query, params, headers, openapi, mode }: Told,
  { isFree, hasBody }: DocumentedOperation,
): PluginDocument {
  if (mode === 'report') return {};
  const given = Object.entries({ body, query, params, headers }).filter(
    (each): each is [string, Schema] => each[1] !== undefined,
  );
  const isChecked = openapi && !isFree;
  const takesBody = body !== undefined || (isChecked && hasBody);
  const errors: ErrorCode[] = [
    'GW_REQUEST_INVALID',
    ...(isChecked ? UNKNOWN : []),
    ...(takesBody ? (['GW_MEDIA_TYPE'] as const) : []),
  ];
  return { errors, request: Object.fromEntries(given) };
}

const UNKNOWN = ['GW_ROUTE_NOT_FOUND', 'GW_METHOD_NOT_ALLOWED'] as const;
