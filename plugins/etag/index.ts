/**
 * Gives answers an entity tag if their upstream gives them none, and says 304 to clients that have them already
 * (RFC 9110 §8.8.3, §13.1.2): that saves the bytes, though not the call.
 *
 * The tags are weak. They tell whether an answer has changed, and promise nothing to `If-Match` or `If-Range`, which the
 * upstream would have to heed.
 */
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import {
  Body,
  type BodyConversion,
  definePlugin,
  holdBody,
  isStream,
  positiveDuration,
  type ResponseHead,
  size,
  z,
} from 'portico';
import { hasDirective } from '../shared/cache-directives.ts';
import { listsTag } from '../shared/entity-tags.ts';

const Options = z
  .strictObject({
    maxBody: size()
      .refine((bytes) => bytes > 0, 'must be more than 0B')
      .prefault('1MiB')
      .describe('Longer answers get no tag; so many bytes of an answer are held in memory.'),
    maxWait: positiveDuration()
      .refine((ms) => ms <= 60_000, 'must be at most 1m')
      .prefault('1s')
      .describe('Answers that take longer to arrive get no tag, and pass as they come.'),
  })
  .describe('Gives answers an `ETag`, and says 304 to clients that have them already.');
type Options = z.output<typeof Options>;

export default definePlugin({
  name: 'etag',
  settings: z.strictObject({}),
  options: Options,
  document: (_options, _settings, method) =>
    method === 'GET' || method === 'HEAD'
      ? {
          headers: { ETag: { description: 'Tells whether the answer has changed.' } },
          responses: { 304: { description: 'The client has it already.' } },
        }
      : {},
  register: () => ({ route: (options) => ({ convert: tagging(options) }) }),
});

const tagging =
  (options: Options) =>
  (request: FastifyRequest, head: ResponseHead): BodyConversion | undefined => {
    if (!isTaggable(request, head)) return undefined;
    const { headers } = head;
    const known = request.raw.headers['if-none-match'];
    const hasIt = (tag: string): boolean => known !== undefined && listsTag(known, tag);
    const theirs = headers['etag'];
    if (theirs !== undefined && !hasIt(String(theirs))) return undefined;
    if (request.method === 'HEAD') {
      // Without a body there is nothing to make a tag of.
      if (theirs !== undefined) describeUnchanged(head);
      return undefined;
    }
    if (Number(headers['content-length'] ?? 0) > options.maxBody) return undefined;
    return async (body) => {
      const { whole, tag } = await tagged(body, options);
      if (tag === undefined) return whole;
      headers['etag'] ??= tag;
      if (!hasIt(String(headers['etag']))) return whole;
      describeUnchanged(head);
      return Body.of('');
    };
  };

/** Only what is complete and may be kept: a tag is for those who keep answers. */
const isTaggable = ({ method }: FastifyRequest, { status, headers }: ResponseHead): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  status === 200 &&
  !isStream(headers['content-type']) &&
  !hasDirective(headers['cache-control'], 'no-store');

interface Tagged {
  readonly whole: Body;
  /** `undefined`: the body is too long or too slow, so that it has not been read to its end. */
  readonly tag: string | undefined;
}

async function tagged(body: Body, { maxBody, maxWait }: Options): Promise<Tagged> {
  const hash = createHash('sha256');
  const held = holdBody(body, maxBody, (bytes) => hash.update(bytes));
  const timer = setTimeout(() => held.release(), maxWait);
  try {
    const whole = await held.ready;
    // Half of the hash tells answers apart as well.
    const tag =
      whole.isClosed && whole.received <= maxBody
        ? hash.digest('base64url').slice(0, 22)
        : undefined;
    return { whole, tag: tag && `W/"${tag}"` };
  } finally {
    clearTimeout(timer);
  }
}

/** What a 304 does not repeat (RFC 9110 §15.4.5). */
const OF_CONTENT = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-type',
  'trailer',
] as const;

function describeUnchanged(head: ResponseHead): void {
  head.status = 304;
  for (const name of OF_CONTENT) delete head.headers[name];
}
