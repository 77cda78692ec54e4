/** The language of a BFF's answer. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bestLanguage } from '../edge/accept-language.ts';

/**
 * Which of `offered`, such as `['en', 'de']`, the client reads best; the first one if it reads none of them. The answer says so
 * in `Content-Language`, and `Vary` tells caches that other clients get another one.
 */
export function chooseLanguage<const L extends string>(
  request: FastifyRequest,
  reply: FastifyReply,
  offered: readonly [L, ...L[]],
): L {
  // It is one of them.
  const chosen = bestLanguage(request.raw.headers['accept-language'], offered) as L;
  void reply.header('content-language', chosen);
  const vary = [reply.getHeader('vary') ?? []].flat().map(String).join(', ');
  if (!/(?:^|[\s,])(?:accept-language|\*)(?:[\s,]|$)/i.test(vary)) {
    void reply.header('vary', vary === '' ? 'accept-language' : `${vary}, accept-language`);
  }
  return chosen;
}
