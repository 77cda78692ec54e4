/**
 * `onResponse` and `transform` of plugins, on answers that go through Fastify's reply: its `onSend`.
 *
 * Forwarded answers take this way only where a plugin needs it; see routes/forward.ts for the other.
 */
import { validateHeaderValue } from 'node:http';
import { pipeline, Readable, type Transform } from 'node:stream';
import type { FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify';
import { exchangeOf } from '../edge/client-exchange.ts';
import { bugOf } from '../core/errors.ts';
import type { ResponseHead } from '../edge/response-head.ts';
import type { Route } from '../routes/route.ts';

type Plugins = Pick<Route, 'responseHooks' | 'transforms'>;

/** Empty where no plugin wants to see answers. */
export function sendHooks(route: Plugins): onSendHookHandler[] {
  if (route.responseHooks.length === 0 && route.transforms.length === 0) return [];
  return [
    function editAnswer(request, reply, payload, done) {
      let edited: unknown;
      try {
        edited = edit(route, request, reply, payload);
      } catch (error) {
        done(error as Error);
        return;
      }
      done(null, edited ?? payload);
    },
  ];
}

/** What is sent instead of `payload`; `undefined` leaves it. */
function edit(
  { responseHooks, transforms }: Plugins,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Readable | undefined {
  const before = reply.getHeaders();
  const head: ResponseHead = { status: reply.statusCode, headers: {} };
  for (const [name, value] of Object.entries(before)) {
    if (value !== undefined) head.headers[name] = Array.isArray(value) ? value : String(value);
  }
  for (const hook of responseHooks) unlessFailed(request, () => hook(request, head));

  const source = transforms.length === 0 ? undefined : sourceOf(request, head, payload);
  const streams =
    source === undefined ? [] : transforms.flatMap((make) => make(request, head) ?? []);
  // What comes out of a transform has another length, which is told without the body too.
  const isUnsized = streams.length > 0 || (transforms.length > 0 && isAboutBody(request, head));
  if (isUnsized) delete head.headers['content-length'];
  apply(request, reply, head, before);
  if (source !== undefined && streams.length > 0) return through(source, streams);
  // Of text Fastify would tell the length.
  return isUnsized && !(payload instanceof Readable) ? Readable.from([]) : undefined;
}

/** Does this head speak of a body that would be transformed, and not come with it? */
function isAboutBody(request: FastifyRequest, { status }: ResponseHead): boolean {
  if (exchangeOf(request.raw).record.code !== undefined) return false;
  return request.method === 'HEAD' || status === 304;
}

/** What fails on the answer to a failure must not hide it, nor keep other hooks from their edits. */
function unlessFailed(request: FastifyRequest, work: () => void): void {
  try {
    work();
  } catch (error) {
    const { record, route } = exchangeOf(request.raw);
    if (record.code === undefined) throw error;
    request.log.error({ ...bugOf(error), route }, 'bug');
  }
}

function apply(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, headers }: ResponseHead,
  before: Readonly<Record<string, unknown>>,
): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value === before[name]) continue;
    unlessFailed(request, () => {
      for (const each of [value].flat()) validateHeaderValue(name, each);
      // Fastify adds to Set-Cookie.
      if (name === 'set-cookie') void reply.removeHeader(name);
      void reply.header(name, value);
    });
  }
  for (const name in before) if (!(name in headers)) void reply.removeHeader(name);
  if (status !== reply.statusCode) void reply.code(status);
}

/** The body to transform: none where there is none to send, nor for our own errors. */
function sourceOf(
  request: FastifyRequest,
  { status }: ResponseHead,
  payload: unknown,
): Readable | undefined {
  if (exchangeOf(request.raw).record.code !== undefined || request.method === 'HEAD')
    return undefined;
  if (status === 204 || status === 304) return undefined;
  if (payload instanceof Readable) return payload;
  if (typeof payload === 'string' || payload instanceof Uint8Array) return Readable.from([payload]);
  return undefined;
}

/** Fastify answers, or cuts the answer, when the last one fails; the others end with it. */
function through(source: Readable, streams: readonly Transform[]): Readable {
  // The last of them is a Transform, which is what the return type cannot say.
  return pipeline([source, ...streams], () => undefined) as unknown as Readable;
}
