/**
 * Runs `onResponse`, `transform` and `convert` of plugins as Fastify's `onSend`, on answers that go through its
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
import { convertAnswer, isBodiless } from '../routes/converted-answer.ts';
import type { Route } from '../routes/route.ts';
import { take } from '../routes/taken-answer.ts';
import { convertPayload } from './converted-payload.ts';

type Plugins = Pick<Route, 'takers' | 'responseHooks' | 'transforms' | 'converters'>;

/** Empty if no plugin edits answers. */
export function sendHooks(route: Plugins): onSendHookHandler[] {
  const { takers, responseHooks, transforms, converters } = route;
  const edits = responseHooks.length + transforms.length > 0 || converters !== undefined;
  if (takers !== undefined) return [takingFirst(takers, edits ? editing(route) : passing)];
  return edits ? [editing(route)] : [];
}

const passing: onSendHookHandler = (_request, _reply, payload, done) => done(null, payload);

/** Gives answers to `takers`, and then to `next`. */
function takingFirst(
  takers: NonNullable<Plugins['takers']>,
  next: onSendHookHandler,
): onSendHookHandler {
  return function takeAnswer(request, reply, payload, done) {
    if (isError(request)) {
      next.call(this, request, reply, payload, done);
      return;
    }
    const { head, before } = headOf(reply);
    convertPayload((answer) => take(takers, answer), { request, head, payload }).then(
      (taken) => {
        apply(request, reply, head, before);
        next.call(this, request, reply, taken, done);
      },
      (error: Error) => done(error),
    );
  };
}

function editing(route: Plugins): onSendHookHandler {
  const { converters } = route;
  return function editAnswer(request, reply, payload, done) {
    const answer = { request, reply, payload };
    try {
      if (converters === undefined || isError(request)) done(null, edit(route, answer));
      else {
        convert(route, answer, converters).then(
          (converted) => done(null, converted),
          (error: Error) => done(error),
        );
      }
    } catch (error) {
      done(error as Error);
    }
  };
}

/** An answer as `onSend` gets it. */
interface Sending {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly payload: unknown;
}

/** The body to send. */
function edit(route: Plugins, sending: Sending): unknown {
  const { request, reply } = sending;
  const { head, before, payload } = transformed(route, sending);
  apply(request, reply, head, before);
  return payload;
}

/** The same, after converters. */
async function convert(
  route: Plugins,
  sending: Sending,
  converters: NonNullable<Plugins['converters']>,
): Promise<unknown> {
  const { request, reply } = sending;
  const { head, before, payload } = transformed(route, sending);
  const converted = await convertPayload((answer) => convertAnswer(converters, answer), {
    request,
    head,
    payload,
  });
  apply(request, reply, head, before);
  return converted;
}

interface Edited {
  readonly head: ResponseHead;
  /** The fields that the reply had. */
  readonly before: Readonly<Record<string, unknown>>;
  readonly payload: unknown;
}

function transformed(
  { responseHooks, transforms }: Plugins,
  { request, reply, payload }: Sending,
): Edited {
  const { head, before } = headOf(reply);
  for (const hook of responseHooks) unlessFailed(request, () => hook(request, head));

  const source = transforms.length === 0 ? undefined : sourceOf(request, head, payload);
  const streams =
    source === undefined ? [] : transforms.flatMap((make) => make(request, head) ?? []);
  // A transformed body has another length, which a head without its body must not announce either.
  const isUnsized = streams.length > 0 || (transforms.length > 0 && isAboutBody(request, head));
  if (isUnsized) delete head.headers['content-length'];
  if (source !== undefined && streams.length > 0) {
    return { head, before, payload: through(source, streams) };
  }
  // For text, Fastify would set the length again.
  const isSized = isUnsized && !(payload instanceof Readable);
  return { head, before, payload: isSized ? Readable.from([]) : payload };
}

function headOf(reply: FastifyReply): Omit<Edited, 'payload'> {
  const before = reply.getHeaders();
  const head: ResponseHead = { status: reply.statusCode, headers: {} };
  for (const [name, value] of Object.entries(before)) {
    if (value !== undefined) head.headers[name] = Array.isArray(value) ? value : String(value);
  }
  return { head, before };
}

/** Is it an error of the gateway's own? */
const isError = (request: FastifyRequest): boolean =>
  exchangeOf(request.raw).record.code !== undefined;

/** Does this head describe a body that would be transformed but is not sent? */
const isAboutBody = (request: FastifyRequest, { status }: ResponseHead): boolean =>
  !isError(request) && (request.method === 'HEAD' || status === 304);

/** A hook that fails on an error answer must not hide that error, nor stop the edits of other hooks. */
function unlessFailed(request: FastifyRequest, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isError(request)) throw error;
    request.log.error({ ...bugOf(error), route: exchangeOf(request.raw).route }, 'bug');
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
  head: ResponseHead,
  payload: unknown,
): Readable | undefined {
  if (isError(request) || isBodiless(request, head)) return undefined;
  if (payload instanceof Readable) return payload;
  if (typeof payload === 'string' || payload instanceof Uint8Array) return Readable.from([payload]);
  return undefined;
}

/** If a stream fails, all end, and Fastify answers with an error or cuts the answer off. */
function through(source: Readable, streams: readonly Transform[]): Readable {
  // The last stream is a Transform, which the return type cannot express.
  return pipeline([source, ...streams], () => undefined) as unknown as Readable;
}
