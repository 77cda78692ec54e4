/**
 * Runs `onResponse` and `transform` of plugins as Fastify's `onSend`, on answers that go through its
 * reply.
 *
 * Forwarded answers go this way only if a plugin needs it; see routes/direct-answer.ts for the other way.
 */
import { pipeline, Readable, type Transform } from 'node:stream';
import type { FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify';
import { http } from '../core/node-http.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { bugOf } from '../core/errors.ts';
import type { ResponseHead } from '../edge/response-head.ts';
import type { Route } from '../routes/route.ts';

type Plugins = Pick<Route, 'responseHooks' | 'transforms'>;

/** Empty if no plugin edits answers. */
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

/** The body to send instead of `payload`; `undefined` keeps it. */
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
  // A transformed body has another length, which a head without its body must not announce either.
  const isUnsized = streams.length > 0 || (transforms.length > 0 && isAboutBody(request, head));
  if (isUnsized) delete head.headers['content-length'];
  apply(request, reply, head, before);
  if (source !== undefined && streams.length > 0) return through(source, streams);
  // For text, Fastify would set the length again.
  return isUnsized && !(payload instanceof Readable) ? Readable.from([]) : undefined;
}

/** Does this head describe a body that would be transformed but is not sent? */
function isAboutBody(request: FastifyRequest, { status }: ResponseHead): boolean {
  if (exchangeOf(request.raw).record.code !== undefined) return false;
  return request.method === 'HEAD' || status === 304;
}

/** A hook that fails on an error answer must not hide that error, nor stop the edits of other hooks. */
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
      for (const each of [value].flat()) http.validateHeaderValue(name, each);
      // Fastify would append to Set-Cookie.
      if (name === 'set-cookie') void reply.removeHeader(name);
      void reply.header(name, value);
    });
  }
  for (const name in before) if (!(name in headers)) void reply.removeHeader(name);
  if (status !== reply.statusCode) void reply.code(status);
}

/** The body to transform; `undefined` if there is no body to send, and for our own errors. */
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

/** If a stream fails, all end, and Fastify answers with an error or cuts the answer off. */
function through(source: Readable, streams: readonly Transform[]): Readable {
  // The last stream is a Transform, which the return type cannot express.
  return pipeline([source, ...streams], () => undefined) as unknown as Readable;
}
