/** What the service says about a request. Anything but a clear yes or no admits nobody. */
import type { FastifyRequest } from 'fastify';
import { GatewayError, isGatewayError, type PluginCall, type UpstreamResponse } from 'portico';
import type { Copied } from './decisions.ts';
import type { Options } from './options.ts';
import { isForClients, type PassedAnswer, readPassed } from './passed.ts';
import type { Question } from './question.ts';

export type Verdict =
  | {
      readonly kind: 'admitted';
      readonly copied: Copied;
      /** Values of `Set-Cookie` for the client. */
      readonly cookies: readonly string[];
    }
  | { readonly kind: 'answered'; readonly answer: PassedAnswer };

/** @throws GW_TOKEN_MISSING, GW_TOKEN_INVALID, GW_SCOPE_INSUFFICIENT, GW_DEPENDENCY_DOWN, GW_CLIENT_CLOSED */
export async function decide(
  ask: PluginCall,
  request: FastifyRequest,
  options: Options,
  question: Question,
): Promise<Verdict> {
  const { path, answers } = options;
  const response = await ask(request, { path, headers: question }).catch(unlessLeft);
  if (answers === 'pass' && isForClients(response)) {
    return { kind: 'answered', answer: await readPassed(response).catch(unlessLeft) };
  }
  // The head is enough; the rest is not awaited.
  void response.body.dump();
  const { status } = response;
  if (status >= 200 && status < 300) return admitted(response, options);
  throw refusal(response, options, question);
}

function admitted({ headers }: UpstreamResponse, { copy, answers }: Options): Verdict {
  const copied = copy.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, [value].flat().join(', ')] as const];
  });
  const cookies = answers === 'pass' ? [headers['set-cookie'] ?? []].flat() : [];
  return { kind: 'admitted', copied, cookies };
}

function refusal(
  response: UpstreamResponse,
  { headers }: Options,
  question: Question,
): GatewayError {
  switch (response.status) {
    case 401:
      return unauthenticated(
        response,
        headers.some((name) => name in question),
      );
    case 403:
      return new GatewayError('GW_SCOPE_INSUFFICIENT', 'the authentication service refuses', {
        headers: challengeOf(response),
      });
    default:
      return down();
  }
}

function unauthenticated(response: UpstreamResponse, hasCredentials: boolean): GatewayError {
  const headers = { 'www-authenticate': 'Bearer realm="portico"', ...challengeOf(response) };
  return hasCredentials
    ? new GatewayError('GW_TOKEN_INVALID', 'the authentication service refuses', { headers })
    : new GatewayError('GW_TOKEN_MISSING', 'send credentials', { headers });
}

function challengeOf({ headers }: UpstreamResponse): Readonly<Record<string, string>> {
  const challenge = headers['www-authenticate'];
  return challenge === undefined ? {} : { 'www-authenticate': [challenge].flat().join(', ') };
}

/** A client that has left is no fault of the service. */
function unlessLeft(error: unknown): never {
  throw isGatewayError(error) && error.code === 'GW_CLIENT_CLOSED' ? error : down(error);
}

function down(cause?: unknown): GatewayError {
  const detail = 'the authentication service is not available';
  return new GatewayError('GW_DEPENDENCY_DOWN', detail, { cause, retryAfterMs: 1_000 });
}
