/** What a route says about the service that decides. */
import { isDeepStrictEqual } from 'node:util';
import { duration, fieldName, type Loosening, type OptionFault, z } from 'portico';

/** Fields that clients must be able to send, and that no copy may replace. */
const CLIENTS_OWN =
  /^(accept.*|authorization|connection|content-.*|cookie|expect|host|keep-alive|origin|range|te|trailer|transfer-encoding|upgrade|user-agent)$/;

/** Of a request with a body, or of another connection. */
const FRAMING =
  /^(connection|content-.*|expect|host|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/;

export const Options = z
  .strictObject({
    upstream: z.string().describe('Upstream to ask.'),
    path: z
      .string()
      .regex(/^\/[A-Za-z0-9._~/-]*$/, 'must be a plain path, such as /verify')
      .describe('Path to ask, by GET.'),
    headers: z
      .array(
        fieldName().refine((name) => !FRAMING.test(name), {
          error: 'is a connection field: the gateway sets it',
        }),
      )
      .min(1)
      .default(['authorization', 'cookie'])
      .describe('Request header fields to send to it.'),
    copy: z
      .array(
        fieldName().refine((name) => !CLIENTS_OWN.test(name), {
          error: 'is a field that clients send: it would be removed from all their requests',
        }),
      )
      .default([])
      .describe('Fields of its response to pass to upstreams; no client can send them itself.'),
    answers: z
      .enum(['problem', 'pass'])
      .default('problem')
      .describe(
        '`pass`, for browsers: its redirects, its 401 and 403, and the cookies it sets go to the client. `problem`: a 401 or 403 becomes a problem document, a redirect is no clear answer, and its cookies are dropped.',
      ),
    query: z
      .boolean()
      .optional()
      .describe(
        'Tell it the query of the request, too, in `X-Forwarded-Uri`; a login needs it to lead back. If absent: only with `answers: pass`.',
      ),
    cache: duration()
      .optional()
      .describe(
        'How long an approval is reused for the same request; if absent, it is asked every time.',
      ),
  })
  .describe('Asks a service of yours whether to admit a request.');
export type Options = z.output<typeof Options>;

/** Is the service told the query? */
export const tellsQuery = ({ query, answers }: Options): boolean => query ?? answers === 'pass';

/** What a login at the service would fail on. */
export function* faultsOf({ answers, headers }: Options): Generator<OptionFault> {
  if (answers !== 'pass' || headers.includes('cookie')) return;
  const message =
    'the service never sees the cookies that it sets: add cookie, or each request leads to the login again';
  yield { path: ['headers'], message, severity: 'warning' };
}

/** What is admitted after the change and was refused before. */
export function* loosened(
  before: Options | undefined,
  after: Options | undefined,
): Generator<Loosening> {
  if (before === undefined || after === undefined) return;
  if (before.upstream !== after.upstream || before.path !== after.path) {
    const message = `another service decides who is admitted: ${after.path} of ${after.upstream}`;
    yield { path: ['upstream'], message };
  }
  if (!isDeepStrictEqual(before.headers, after.headers)) {
    const message = `the service decides by other fields: ${after.headers.join(', ')}`;
    yield { path: ['headers'], message };
  }
  if (tellsQuery(before) && !tellsQuery(after)) {
    const path = after.query === undefined ? ['answers'] : ['query'];
    yield { path, message: 'the service is no longer told the query, and decides without it' };
  }
  if ((after.cache ?? 0) <= (before.cache ?? 0)) return;
  const message = 'an approval holds for longer after the service would refuse';
  yield { path: ['cache'], message, severity: 'low' };
}
