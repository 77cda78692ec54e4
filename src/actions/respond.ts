/** Answers with a fixed response from the config. */
import { z } from 'zod';
import { fieldName, fieldValue } from '../config/schema/types.ts';
import type { MutableHeaders } from '../core/headers.ts';
import type { Action } from '../routes/route.ts';
import { defineAction } from './action.ts';

export const Respond = z
  .strictObject({
    status: z.int().min(200).max(599).default(200).describe('Status of the response.'),
    headers: z.record(fieldName(), fieldValue()).default({}).describe('Header name → value.'),
    body: z.json().optional().describe('Text is sent as it is, anything else as JSON.'),
  })
  .describe('Action: answer without an upstream.');

/** An answer of the gateway's own. */
export interface RespondConfig {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export const buildRespond = ({
  status,
  headers,
  body,
}: z.output<typeof Respond>): RespondConfig => ({
  status,
  headers,
  body,
});

export const respond = defineAction({
  key: 'respond',
  kind: 'respond',
  schema: Respond,
  callsUpstreams: false,
  readsBody: false,
  build: (written): RespondConfig & { readonly kind: 'respond' } => ({
    kind: 'respond',
    ...buildRespond(written),
  }),
  create: (_route, config) => responding(config),
  plan:
    ({ status }) =>
    () => ({ calls: [], answer: { status } }),
});

/** The response is built once, at boot. */
function responding(config: RespondConfig): Action {
  const { status, headers, payload } = ownAnswer(config);
  return function responded(_request, reply) {
    void reply.code(status).headers(headers).send(payload);
  };
}

interface OwnAnswer {
  readonly status: number;
  readonly headers: MutableHeaders;
  readonly payload: Buffer | undefined;
}

/** The configured answer, as it is sent. */
export function ownAnswer({ status, headers, body }: RespondConfig): OwnAnswer {
  const isText = typeof body === 'string';
  // As bytes: Fastify would add a charset to text, whatever type the config gives.
  const payload =
    body === undefined ? undefined : Buffer.from(isText ? body : JSON.stringify(body));
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json';
  return {
    status,
    headers: { ...(payload === undefined ? {} : { 'content-type': type }), ...headers },
    payload,
  };
}
