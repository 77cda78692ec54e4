/**
 * Calls several upstreams side by side and answers with one JSON object.
 *
 * A part that refers to another waits for it. A required part that fails ends the answer and its
 * siblings; any other is its default, or left out and named in `Gateway-Degraded`. What is taken whole
 * goes out as its upstream wrote it: no number loses digits.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Body } from '../core/body.ts';
import type { Cancellation } from '../core/cancellation.ts';
import { hasBody } from '../edge/client-headers.ts';
import { type ClientExchange, exchangeOf, type MissingPart } from '../edge/client-exchange.ts';
import { isLeft, openUpload, type UploadLimits } from '../edge/client-upload.ts';
import { markDegraded } from '../edge/degraded.ts';
import { gatewayHeaders, upstreamHost } from '../edge/forwarded.ts';
import { type ErrorCode, GatewayError, isGatewayError, toGatewayError } from '../core/errors.ts';
import type { MutableHeaders } from '../core/headers.ts';
import type { Upload } from '../core/upload.ts';
import { dependenciesOf } from './aggregate-check.ts';
import type { AggregateConfig, PartConfig } from './aggregate-schema.ts';
import { answerDirectly } from '../routes/direct-answer.ts';
import {
  degradedReason,
  notNeeded,
  type PartRequest,
  type PartTime,
  partTime,
  runPart,
} from '../routes/part.ts';
import { addForwarded } from '../routes/forwarded-fields.ts';
import { compilePath, compileQuery, type Render } from '../routes/part-template.ts';
import { compilePick, type Pick } from '../routes/pick.ts';
import type { Action, ActionContext, Route, UpstreamCall } from '../routes/route.ts';

interface Part {
  readonly config: PartConfig;
  /** How its member of the answer begins. */
  readonly key: Buffer;
  /** What stands for it. */
  readonly default: Buffer | undefined;
  readonly upstream: UpstreamCall;
  readonly time: PartTime;
  readonly dependencies: readonly string[];
  readonly path: Render;
  readonly query: Render;
  /** Absent where all of it is taken. */
  readonly pick: Pick | undefined;
  /** Fields of the client that go on. */
  readonly fields: readonly string[];
  readonly upload: UploadLimits;
}

/** What there is of a part: all that came, or what was picked of it. */
interface PartValue {
  /** With the digits of its numbers; `undefined` where nothing was there to pick. */
  readonly exact: unknown;
  /** Absent where it must be written anew. */
  readonly bytes: Buffer | undefined;
}

/** What became of a part. */
type Outcome =
  | { readonly kind: 'value'; readonly value: PartValue }
  | { readonly kind: 'missing'; readonly error: unknown };

export function aggregating(route: Route, action: AggregateConfig, context: ActionContext): Action {
  const names = new Set(action.parts.map(({ name }) => name));
  const parts = action.parts.map((part) =>
    compilePart(route, part, names, action.forwardHeaders, context),
  );
  const minimum = parts.some(({ config }) => config.required) ? 0 : action.minimum;
  return async function aggregated(request, reply) {
    const run = new Run(parts, request, reply);
    const outcomes = await run.all();
    run.leaveUpload();
    const bytes = compose(reply, parts, outcomes, minimum);
    if (route.replyPath) {
      // As bytes: to text Fastify would add a charset, which JSON does not have (RFC 8259 §11).
      void reply.type('application/json').send(bytes);
      return;
    }
    const headers = { 'content-type': 'application/json', 'content-length': `${bytes.length}` };
    exchangeOf(request.raw).bytesSent = bytes.length;
    const body = Body.of(bytes);
    answerDirectly(route, context, { request, reply, head: { status: 200, headers }, body });
  };
}

function compilePart(
  route: Route,
  config: PartConfig,
  names: ReadonlySet<string>,
  forwardHeaders: readonly string[],
  context: ActionContext,
): Part {
  const upstream = route.callOf(config.upstream);
  return {
    config,
    key: Buffer.from(`${JSON.stringify(config.name)}:`),
    default: config.default === undefined ? undefined : Buffer.from(JSON.stringify(config.default)),
    upstream,
    time: partTime(config.timeout, upstream.deadlineMs, context.clock),
    dependencies: [...dependenciesOf(config, names)],
    path: compilePath(config.path),
    query: compileQuery(config.query, config.forwardQuery ?? []),
    pick: config.pick === undefined ? undefined : compilePick(config.pick),
    fields: config.forwardHeaders ?? forwardHeaders,
    upload: {
      ...context,
      limitBytes: route.config.bodyLimitBytes,
      stallMs: upstream.idleTimeoutMs,
    },
  };
}

/** One request's parts, under way. */
class Run {
  readonly #parts: readonly Part[];
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #exchange: ClientExchange;
  readonly #group: Cancellation;
  /** What all parts say of the client. */
  readonly #fields: MutableHeaders;
  readonly #outcomes = new Map<string, Promise<Outcome>>();
  #upload: Upload | undefined;

  constructor(parts: readonly Part[], request: FastifyRequest, reply: FastifyReply) {
    this.#parts = parts;
    this.#request = request;
    this.#reply = reply;
    this.#exchange = exchangeOf(request.raw);
    this.#group = this.#exchange.signal.child();
    this.#fields = gatewayHeaders(this.#exchange);
  }

  /** In the order of the parts. Rejects as soon as a required one fails, and ends the others. */
  async all(): Promise<readonly Outcome[]> {
    try {
      return await Promise.all(this.#parts.map((part) => this.#start(part)));
    } catch (error) {
      this.#group.cancel(notNeeded());
      throw error;
    }
  }

  /** The answer may come before the request is whole: then its connection cannot be used again. */
  leaveUpload(): void {
    if (this.#upload === undefined || !isLeft(this.#request.raw, this.#upload)) return;
    void this.#reply.header('connection', 'close');
    this.#upload.discard();
  }

  #start(part: Part): Promise<Outcome> {
    const known = this.#outcomes.get(part.config.name);
    if (known !== undefined) return known;
    const outcome = this.#settle(part);
    this.#outcomes.set(part.config.name, outcome);
    return outcome;
  }

  async #settle(part: Part): Promise<Outcome> {
    try {
      const values = part.dependencies.length === 0 ? NONE : await this.#dependencies(part);
      const request = this.#describe(part, values);
      const json = await runPart(part.upstream, this.#exchange, this.#group, request);
      if (part.pick === undefined) return { kind: 'value', value: json };
      return { kind: 'value', value: { exact: part.pick(json.exact), bytes: undefined } };
    } catch (error) {
      if (part.config.required) throw asAnswer(part.config.name, error);
      // A client's own mistake is told, whichever part meets it.
      if (isGatewayError(error) && CLIENTS_OWN.has(error.code)) throw error;
      if (!isGatewayError(error)) {
        this.#request.log.error({ err: error, part: part.config.name }, 'bug');
      }
      return { kind: 'missing', error };
    }
  }

  async #dependencies({ dependencies }: Part): Promise<Record<string, unknown>> {
    const values: Record<string, unknown> = {};
    for (const name of dependencies) {
      const outcome = await this.#start(this.#parts.find(({ config }) => config.name === name)!);
      if (outcome.kind === 'missing') throw outcome.error;
      values[name] = outcome.value.exact;
    }
    return values;
  }

  #describe(part: Part, parts: Readonly<Record<string, unknown>>): PartRequest {
    const { config, fields, upstream, time } = part;
    const { headers } = this.#request.raw;
    const input = { exchange: this.#exchange, headers, parts };
    const sent: MutableHeaders = { ...this.#fields, ...ASKED_FOR };
    addForwarded(sent, headers, fields);
    const host = upstreamHost(upstream.config.host, this.#exchange);
    if (host !== undefined) sent['host'] = host;
    return {
      name: config.name,
      upstream: config.upstream,
      method: config.method,
      path: part.path(input),
      query: part.query(input),
      headers: sent,
      body: this.#body(part, sent),
      time,
      maxBodyBytes: config.maxBody,
    };
  }

  /** The client's body goes to the one part that writes. */
  #body({ config, upload }: Part, headers: MutableHeaders): PartRequest['body'] {
    const { raw } = this.#request;
    if (config.method === 'GET' || !hasBody(raw)) return undefined;
    for (const name of ['content-type', 'content-encoding', 'content-length']) {
      const value = raw.headers[name];
      if (value !== undefined) headers[name] = value;
    }
    this.#upload = openUpload(this.#request, this.#reply, this.#exchange, upload);
    return this.#upload;
  }
}

const NONE: Readonly<Record<string, unknown>> = {};

/** Whatever the client takes: a part is read here, and to undo a coding costs more than to do without. */
const ASKED_FOR = { accept: 'application/json', 'accept-encoding': 'identity' };

/** What is wrong with the request, or its body, whoever is called. */
const CLIENTS_OWN: ReadonlySet<ErrorCode> = new Set([
  'GW_REQUEST_INVALID',
  'GW_REQUEST_TIMEOUT',
  'GW_BODY_TOO_LARGE',
]);

/** What the client is told of a required part that failed. */
function asAnswer(name: string, error: unknown): GatewayError {
  const own = toGatewayError(error);
  if (own.code === 'GW_INTERNAL' || own.message.startsWith(name)) return own;
  return new GatewayError(own.code, `${name}: ${own.message}`, { ...own.options, cause: error });
}

/** The object that is sent, and the names of what is not in it. */
function compose(
  reply: FastifyReply,
  parts: readonly Part[],
  outcomes: readonly Outcome[],
  minimum: number,
): Buffer {
  const pieces: Buffer[] = [];
  const missing: MissingPart[] = [];
  const add = (key: Buffer, value: Buffer): void => {
    pieces.push(pieces.length === 0 ? OPEN : COMMA, key, value);
  };
  for (const [i, { config, key, default: instead }] of parts.entries()) {
    const outcome = outcomes[i]!;
    if (outcome.kind === 'value') {
      const bytes = bytesOf(outcome.value);
      if (bytes !== undefined) add(key, bytes);
    } else {
      missing.push({ name: config.name, reason: degradedReason(outcome.error) });
      if (instead !== undefined) add(key, instead);
    }
  }
  if (parts.length - missing.length < minimum) {
    const names = missing.map(({ name, reason }) => `${name} (${reason})`).join(', ');
    throw tooLittle(`too little is there: without ${names}`, outcomes);
  }
  markDegraded(reply, missing);
  if (pieces.length === 0) pieces.push(OPEN);
  pieces.push(CLOSE);
  return Buffer.concat(pieces);
}

/** What was not answered at all says more than what was answered badly. */
function tooLittle(detail: string, outcomes: readonly Outcome[]): GatewayError {
  const failure = outcomes
    .map((outcome) => (outcome.kind === 'missing' ? toGatewayError(outcome.error) : undefined))
    .find((error) => error !== undefined && !ANSWERED.has(error.code));
  const code = failure?.code ?? 'GW_UPSTREAM_INVALID';
  return new GatewayError(code, detail, { ...failure?.options, cause: failure });
}

/** Of parts whose upstream did answer. */
const ANSWERED: ReadonlySet<ErrorCode> = new Set([
  'GW_UPSTREAM_INVALID',
  'GW_ROUTE_NOT_FOUND',
  'GW_REQUEST_INVALID',
]);

const OPEN = Buffer.from('{');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from('}');

function bytesOf(value: PartValue): Buffer | undefined {
  if (value.bytes !== undefined) return value.bytes;
  // Looked at only here: to find it may take parsing once more.
  const { exact } = value;
  return exact === undefined ? undefined : Buffer.from(JSON.stringify(exact));
}
