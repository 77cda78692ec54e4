/** What the service is told of a request: by its fields, never its body. */
import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type Options, tellsQuery } from './options.ts';

export type Question = Readonly<Record<string, string | string[]>>;

/** The named fields of the client, and its request. A query may hold secrets: it is told if the options say so. */
export function questionOf({ raw, method, gateway }: FastifyRequest, options: Options): Question {
  const told = options.headers.flatMap((name) => {
    const value = raw.headers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(told),
    'x-forwarded-method': method,
    'x-forwarded-uri': tellsQuery(options) ? gateway.path + gateway.query : gateway.path,
  };
}

/** All that the answer may depend on; as a digest, so that no credential is kept. */
export function keyOf(
  { gateway: { host, address, scheme } }: FastifyRequest,
  question: Question,
): string {
  return hash('sha256', JSON.stringify([host, address, scheme, question]), 'base64');
}
