/** Errors of the gateway in a document: one schema of problem documents, and an answer for each status. */
import { type ApiSchema, schemaReference } from '../config/openapi/model.ts';
import { type ErrorCode, ERRORS } from '../core/errors.ts';

export const PROBLEM = 'Problem';

/** A Response Object. */
export interface WrittenAnswer {
  readonly description: string;
  readonly headers?: object;
  readonly content?: object;
}

/** No client sees these. */
const UNSEEN: ReadonlySet<ErrorCode> = new Set(['GW_CLIENT_CLOSED', 'GW_CONFIG_INVALID']);

const CODES = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => !UNSEEN.has(code));

/** RFC 9457, as `edge/problem.ts` writes it. */
export const problemSchema = (): ApiSchema => ({
  title: 'Problem',
  description: 'An error of the gateway (RFC 9457).',
  type: 'object',
  required: ['type', 'title', 'status', 'instance'],
  properties: {
    type: { type: 'string', enum: CODES.map((code) => `urn:portico:error:${code}`) },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'Names the request, for support.' },
    errors: {
      type: 'array',
      description: 'Of a request that is not valid: what is wrong with it.',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          in: { type: 'string', description: 'The part of the request: `query`, `body`.' },
          pointer: { type: 'string', description: 'The place in that part (RFC 6901).' },
          detail: { type: 'string' },
        },
      },
    },
  },
});

const FIELDS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'WWW-Authenticate': 'Ways to authenticate.' },
  405: { Allow: 'Methods that are served.' },
  415: { Accept: 'Media types that are taken, where they are known.' },
  429: { 'Retry-After': 'Seconds to wait.' },
  503: { 'Retry-After': 'Seconds to wait.' },
};

/** Clients cannot tell these apart. */
const WORDS: Readonly<Record<number, string>> = {
  404: 'There is no such thing.',
  502: 'The service gave no usable answer.',
  503: 'The service is not available: try again later.',
  504: 'The service did not answer in time.',
};

/** By status: what the gateway says with these codes. */
export function problemResponses(codes: readonly ErrorCode[]): Map<string, WrittenAnswer> {
  const byStatus = Map.groupBy(new Set(codes), (code) => ERRORS[code].status);
  const answers = [...byStatus].map(([status, of]) => {
    const titles = new Set(of.map((code) => ERRORS[code].title));
    const fields = Object.entries(FIELDS[status] ?? {}).map(
      ([name, description]) => [name, { description, schema: { type: 'string' } }] as const,
    );
    const answer = {
      description: WORDS[status] ?? `${[...titles].join('. ')}.`,
      ...(fields.length > 0 && { headers: Object.fromEntries(fields) }),
      content: { 'application/problem+json': { schema: { $ref: schemaReference(PROBLEM) } } },
    };
    return [String(status), answer] as const;
  });
  return new Map(answers);
}
