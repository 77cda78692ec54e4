/** Prepares the bodies of BFF requests for Fastify's parsers: in UTF-8, without a coding. */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest, RequestPayload } from 'fastify';
import { codingsOf, decode, hasCharset, type Refuse, toUtf8 } from '../core/decode.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { hasBody } from '../edge/client-headers.ts';
import { openUpload } from '../edge/client-upload.ts';
import { GatewayError } from '../core/errors.ts';
import type { ActionContext } from '../routes/route.ts';

/** Reads a body as actions do: answers `Expect`, bounds pauses and counts bytes. */
export function takeBody(limits: ActionContext & { readonly limitBytes: number }) {
  const options = { ...limits, stallMs: limits.idleMs };
  return function readBody(
    request: FastifyRequest,
    reply: FastifyReply,
    payload: RequestPayload,
    done: (error: GatewayError | null, payload: RequestPayload) => void,
  ): void {
    if (!hasBody(request.raw)) {
      done(null, payload);
      return;
    }
    const exchange = exchangeOf(request.raw);
    const body = openUpload(request, reply, exchange, options).open();
    // Fastify listens for errors only while it reads, and it never reads the body of a GET.
    body.on('error', () => undefined);
    exchange.signal.listen({ onCancel: (reason) => body.destroy(reason) });
    if (isEncoded(request)) {
      const { limitBytes } = limits;
      decoded(body, request, limitBytes).then(
        (plain) => done(null, plain),
        (error: GatewayError) => done(error, body),
      );
      return;
    }
    if (!isSilentOnBody(request)) {
      done(null, body);
      return;
    }
    body.once('readable', () => done(body.readableLength === 0 ? null : untyped(), body));
  };
}

/** Methods whose bodies Fastify never reads. */
const UNREAD_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Does no field announce a body or its type? HTTP/2 allows that, and Fastify would run the handler as if
 * there were no body.
 */
function isSilentOnBody({ raw: { headers }, method }: FastifyRequest): boolean {
  const said = headers['content-type'] ?? headers['content-length'] ?? headers['transfer-encoding'];
  return said === undefined && !UNREAD_METHODS.has(method);
}

const untyped = (): GatewayError =>
  new GatewayError('GW_MEDIA_TYPE', 'the body needs a content-type');

/** Types whose charset matters to the parser; all others are plain bytes. */
const TEXT = /^(?:text\/|application\/(?:[^;\s]+\+)?json\s*(?:;|$))/i;

const isText = (type: string | undefined): boolean => type !== undefined && TEXT.test(type);

/** Does the body have a coding or a charset, which Fastify cannot read? */
function isEncoded({ raw: { headers }, method }: FastifyRequest): boolean {
  if (UNREAD_METHODS.has(method)) return false;
  const type = headers['content-type'];
  return codingsOf(headers['content-encoding']).length > 0 || (isText(type) && hasCharset(type));
}

/**
 * The whole body, decoded under its limit.
 *
 * @throws GW_MEDIA_TYPE, GW_REQUEST_INVALID, GW_BODY_TOO_LARGE
 */
async function decoded(
  body: Readable,
  { raw: { headers } }: FastifyRequest,
  limitBytes: number,
): Promise<RequestPayload> {
  const received = Buffer.concat((await body.toArray()) as Buffer[]);
  const codings = codingsOf(headers['content-encoding']);
  const bytes = await decode(received, codings, limitBytes, refuse);
  const type = headers['content-type'];
  const text = isText(type) ? toUtf8(bytes, type, refuse) : bytes;
  const payload: RequestPayload = Readable.from([text], { objectMode: false });
  // The length that Fastify compares with `Content-Length`.
  payload.receivedEncodedLength = received.length;
  return payload;
}

const CODES = {
  unknown: 'GW_MEDIA_TYPE',
  broken: 'GW_REQUEST_INVALID',
  large: 'GW_BODY_TOO_LARGE',
} as const;

const refuse: Refuse = (kind, why, cause) =>
  new GatewayError(CODES[kind], `the body cannot be read: ${why}`, { cause });
