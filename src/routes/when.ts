/** The conditions of a `when`: under which a request goes to a side of a split, or a part is called. */
import type { FastifyRequest } from 'fastify';
import { hostName } from '../core/canonical-host.ts';
import { claimText } from '../core/claims.ts';
import { GatewayError } from '../core/errors.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { compileConditions, compileTest, type MatchRequest, severalValues } from './conditions.ts';
import type { WhenConfig } from './when-config.ts';

/**
 * Does the request meet it?
 *
 * @throws GW_REQUEST_INVALID where that depends on which of several values counts
 */
export type When = (request: FastifyRequest) => boolean;

/** `what`: the things that its values lead to, for an error. */
export function compileWhen({ claims, ...conditions }: WhenConfig, what: string): When {
  const meets = compileConditions(conditions) ?? (() => 'yes' as const);
  const tests = claims.map(([path, matcher]) => ({
    read: claimText(path),
    test: compileTest(matcher),
  }));
  return function when(request) {
    const own = exchangeOf(request.raw).consumer?.claims;
    if (!tests.every(({ read, test }) => test(read(own)))) return false;
    const verdict = meets(asked(request));
    if (typeof verdict === 'string') return verdict === 'yes';
    throw new GatewayError('GW_REQUEST_INVALID', severalValues(verdict, what));
  };
}

/** The request as it was matched: Fastify has its own address by now. */
function asked({ raw }: FastifyRequest): MatchRequest {
  const { method, path, query, host } = exchangeOf(raw);
  const { headers, rawHeaders } = raw;
  return { method, path, query, host: hostName(host), headers, rawHeaders };
}
