/** Answers with a fixed response: from the config, or from a file that is read with it. */
import { z } from 'zod';
import type { RoutePlace } from '../config/actions.ts';
import type { Finding } from '../config/fault.ts';
import { fieldName, fieldValue } from '../config/schema/types.ts';
import { isMap } from '../config/yaml/tree.ts';
import type { MutableHeaders } from '../core/headers.ts';
import { clientPaths } from '../openapi/client-path.ts';
import { freeForm } from '../openapi/free-form.ts';
import { type Operation, response } from '../openapi/operation.ts';
import type { Action } from '../routes/route.ts';
import { defineAction } from './action.ts';
import { contentTypeOf } from './content-type.ts';

export const Respond = z
  .strictObject({
    status: z.int().min(200).max(599).default(200).describe('Status of the response.'),
    headers: z.record(fieldName(), fieldValue()).default({}).describe('Header name → value.'),
    body: z.json().optional().describe('Text is sent as it is, anything else as JSON.'),
    file: z
      .string()
      .regex(/^[^\p{Cc}]{1,500}$/u, { error: 'is not the name of a file' })
      .optional()
      .describe(
        'File to send instead of a `body`, relative to the config; at most 1MiB. Its extension decides on `Content-Type`. A changed file is a reload.',
      ),
  })
  .refine(({ body, file }) => body === undefined || file === undefined, {
    path: ['file'],
    error: 'cannot be combined with "body": use one of them',
  })
  .describe('Action: answer without an upstream.');

/** An answer of the gateway's own. */
export interface RespondConfig {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Instead of `body`. In base64, because a config is frozen, which bytes cannot be. */
  readonly file?: { readonly type: string; readonly base64: string };
}

/** @param place of the answer, in the config */
export const buildRespond = (
  { status, headers, body, file }: z.output<typeof Respond>,
  { at, files }: RoutePlace,
): RespondConfig => ({
  status,
  headers,
  body,
  ...(file !== undefined && {
    file: {
      type: contentTypeOf(file),
      base64: files.bytesAt([...at, 'file'], file).toString('base64'),
    },
  }),
});

/** Finds a file that cannot be read. */
export function* checkRespond(written: unknown, { at, files }: RoutePlace): Generator<Finding> {
  if (!isMap(written) || typeof written['file'] !== 'string') return;
  const path = [...at, 'file'];
  try {
    files.bytesAt(path, written['file']);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    yield { path, message: error.message };
  }
}

export const respond = defineAction({
  key: 'respond',
  kind: 'respond',
  schema: Respond,
  callsUpstreams: false,
  readsBody: false,
  *check({ route, at, files }) {
    yield* checkRespond(route['respond'], { at: [...at, 'respond'], files });
  },
  build: (written, _beside, _route, { at, files }): RespondConfig & { kind: 'respond' } => ({
    kind: 'respond',
    ...buildRespond(written, { at: [...at, 'respond'], files }),
  }),
  document: (config, { route, warn }) =>
    clientPaths(route, warn).flatMap((path) => freeForm(path, { responses: answerOf(config) })),
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
export function ownAnswer(config: RespondConfig): OwnAnswer {
  const { status, headers } = config;
  const { payload, type } = contentOf(config);
  return {
    status,
    headers: { ...(payload === undefined ? {} : { 'content-type': type }), ...headers },
    payload,
  };
}

/** The configured answer, by its status, as a document tells it. */
export function answerOf(config: RespondConfig): Operation['responses'] {
  const { status, headers, payload } = ownAnswer(config);
  const {
    'content-type': type = '',
    location: _location,
    ...others
  } = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  const fields = Object.keys(others).map(
    (name) => [name, { isRequired: true, schema: { type: 'string' } }] as const,
  );
  const media = type.split(';')[0]!.toLowerCase();
  // A long constant tells nobody anything.
  const isJson = config.file === undefined && typeof config.body !== 'string';
  const isShort = isJson && (payload?.length ?? 0) <= MAX_TOLD_BYTES;
  const schema = isShort ? { const: config.body } : isJson ? {} : { type: 'string' };
  const content = payload === undefined || media === '' ? {} : { [media]: { schema } };
  return { [status]: response('A fixed answer.', content, Object.fromEntries(fields)) };
}

const MAX_TOLD_BYTES = 4_096;

function contentOf({ body, file }: RespondConfig): {
  readonly payload: Buffer | undefined;
  readonly type: string;
} {
  if (file !== undefined) return { payload: Buffer.from(file.base64, 'base64'), type: file.type };
  const isText = typeof body === 'string';
  // As bytes: Fastify would add a charset to text, whatever type the config gives.
  const payload =
    body === undefined ? undefined : Buffer.from(isText ? body : JSON.stringify(body));
  return { payload, type: isText ? 'text/plain; charset=utf-8' : 'application/json' };
}
