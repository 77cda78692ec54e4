/** Answers by itself, with what the config says. */
import type { RespondConfig } from '../config/config.ts';
import type { MutableHeaders } from '../headers.ts';
import type { Action, Route } from './route.ts';

/** The action of a route with `respond`; everything is made at boot. */
export function respond(route: Route): Action {
  const { action } = route.config;
  if (action.kind !== 'respond') throw new TypeError('not a response');
  const { status, headers, payload } = ownAnswer(action);
  return function responded(_request, reply) {
    void reply.code(status).headers(headers).send(payload);
  };
}

interface OwnAnswer {
  readonly status: number;
  readonly headers: MutableHeaders;
  readonly payload: Buffer | undefined;
}

/** What the config says, as it goes on the wire. */
export function ownAnswer({ status, headers, body }: RespondConfig): OwnAnswer {
  const isText = typeof body === 'string';
  // As bytes: to text Fastify would add a charset, whatever the config says of its type.
  const payload =
    body === undefined ? undefined : Buffer.from(isText ? body : JSON.stringify(body));
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json';
  return {
    status,
    headers: { ...(payload === undefined ? {} : { 'content-type': type }), ...headers },
    payload,
  };
}
