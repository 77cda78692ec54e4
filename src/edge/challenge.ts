/**
 * Credentials that a request could have come with, but did not: where one of several is asked for, whoever
 * asks knows what to say in `WWW-Authenticate` (RFC 9110 §11.6.1).
 */
import type { FastifyRequest } from 'fastify';
import { exchangeOf } from './client-exchange.ts';

/** Says that `request` has no credentials for `plugin`, and how it would ask for them. */
export function offerChallenge(request: FastifyRequest, plugin: string, challenge: string): void {
  const exchange = exchangeOf(request.raw);
  exchange.challenges ??= new Map();
  exchange.challenges.set(plugin, challenge);
}

/** What has been offered so far, by the name of the plugin. */
export const challengesOf = (request: FastifyRequest): ReadonlyMap<string, string> =>
  exchangeOf(request.raw).challenges ?? NONE;

const NONE: ReadonlyMap<string, string> = new Map();
