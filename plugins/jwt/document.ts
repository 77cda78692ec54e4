/** What the plugin adds to OpenAPI documents: the ways to send a token, and the scopes that it needs. */
import type { DocumentedScheme, PluginDocument } from 'portico';
import type { Options, Settings } from './settings.ts';

export function document(options: Options, { issuers }: Settings): PluginDocument {
  const { issuer, scopes, roles, match, optional, cookie } = options;
  // Any of them will do: each is a choice of its own.
  const needed = match === 'any' && scopes.length > 0 ? scopes.map((scope) => [scope]) : [scopes];
  const choices = waysOf(cookie).flatMap((way) =>
    needed.map((each) => [{ ...way, scopes: each }] as const),
  );
  const isRemote = issuer.some((name) => issuers[name]?.jwks !== undefined);
  return {
    security: optional ? [...choices, []] : choices,
    errors: [
      ...(optional ? [] : (['GW_TOKEN_MISSING'] as const)),
      'GW_TOKEN_INVALID',
      ...(scopes.length + roles.length > 0 ? (['GW_SCOPE_INSUFFICIENT'] as const) : []),
      ...(isRemote ? (['GW_DEPENDENCY_DOWN'] as const) : []),
    ],
  };
}

const BEARER: DocumentedScheme = {
  name: 'bearer',
  scheme: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
};

const waysOf = (cookie: string | undefined): readonly DocumentedScheme[] =>
  cookie === undefined
    ? [BEARER]
    : [
        BEARER,
        { name: `cookie-${cookie}`, scheme: { type: 'apiKey', in: 'cookie', name: cookie } },
      ];
