/**
 * Challenges for credentials that a request did not have. If a route accepts one of several, they go into
 * `WWW-Authenticate` (RFC 9110 §11.6.1).
 */
import type { FastifyRequest } from 'fastify';
import { exchangeOf } from './client-exchange.ts';

/** Records that `request` has no credentials for `plugin`, and the challenge that asks for them. */
export function offerChallenge(request: FastifyRequest, plugin: string, challenge: string): void {
  const exchange = exchangeOf(request.raw);
  exchange.challenges ??= new Map();
  exchange.challenges.set(plugin, challenge);
}

/** The challenges so far, by the name of the plugin. */
export const challengesOf = (request: FastifyRequest): ReadonlyMap<string, string> =>
  exchangeOf(request.raw).challenges ?? NONE;

const NONE: ReadonlyMap<string, string> = new Map();
