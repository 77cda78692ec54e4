/**
 * Calls several upstreams in parallel and answers with one JSON object.
 *
 * A part that refers to another waits for it. If a required part fails, so does the answer, and the other
 * parts are cancelled. Any other failed part gets its default, or is left out and named in
 * `Gateway-Degraded`. A part that is taken whole is sent as its upstream wrote it, so no number loses
 * digits.
 */
import { Body } from '../core/body.ts';
import type { Call, UpstreamRequest } from '../core/call.ts';
import type { Cancellation } from '../core/cancellation.ts';
import { type ErrorCode, GatewayError, isGatewayError, toGatewayError } from '../core/errors.ts';
import type { MutableHeaders } from '../core/headers.ts';
import type { MissingPart } from '../core/record.ts';
import { type ClientExchange, clientOf } from '../edge/client-exchange.ts';
import { degradedFields } from '../edge/degraded.ts';
import { answerBy } from '../routes/answer.ts';
import { addForwarded } from '../routes/forwarded-fields.ts';
import { gather, missingPart } from '../routes/gather.ts';
import { type PartRequest, type PartTime, partTime, runPart } from '../routes/part.ts';
import { compilePath, compileQuery, type Render } from '../routes/part-template.ts';
import { compilePick, type Pick } from '../routes/pick.ts';
import type { Action, ActionContext, Route } from '../routes/route.ts';
import type { UpstreamCall } from '../upstream/lease.ts';
import { dependenciesOf } from './aggregate-check.ts';
import type { AggregateConfig, PartConfig } from './aggregate-schema.ts';

interface Part {
  readonly config: PartConfig;
  /** The start of its member in the answer: the key and the colon. */
  readonly key: Buffer;
  /** Its value if it fails. */
  readonly default: Buffer | undefined;
  readonly upstream: UpstreamCall;
  readonly time: PartTime;
  readonly dependencies: readonly string[];
  readonly path: Render;
  readonly query: Render;
  /** Absent if the whole value is taken. */
  readonly pick: Pick | undefined;
  /** The client's fields that are passed on. */
  readonly fields: readonly string[];
}

/** The value of a part: all of it, or the fields picked. */
interface PartValue {
  /** Keeps the digits of numbers; `undefined` if there was nothing to pick. */
  readonly exact: unknown;
  /** The original text; absent if the value must be serialized again. */
  readonly bytes: Buffer | undefined;
}

/** How a part ended. */
type Outcome =
  | { readonly kind: 'value'; readonly value: PartValue }
  | { readonly kind: 'missing'; readonly error: unknown; readonly missing: MissingPart };

export function aggregating(route: Route, action: AggregateConfig, context: ActionContext): Action {
  const names = new Set(action.parts.map(({ name }) => name));
  const parts = action.parts.map((part) =>
    compilePart(route, part, names, action.forwardHeaders, context),
  );
  const minimum = parts.some(({ config }) => config.required) ? 0 : action.minimum;
  const writer = parts.find(({ config }) => config.method !== 'GET');
  return answerBy(aggregate(parts, minimum), {
    route,
    context,
    stallMs: writer?.upstream.idleTimeoutMs,
    isRelayed: false,
  });
}

/** A call that answers with the object of all parts. */
function aggregate(parts: readonly Part[], minimum: number): Call {
  return async function aggregated(request) {
    const { record } = clientOf(request.context);
    const outcomes = await new Run(parts, request).all();
    const bytes = compose(parts, outcomes, minimum);
    const missing = outcomes.flatMap((outcome) =>
      outcome.kind === 'missing' ? [outcome.missing] : [],
    );
    const headers = {
      'content-type': 'application/json',
      'content-length': `${bytes.length}`,
      ...degradedFields(record, missing),
    };
    return { status: 200, headers, body: Body.of(bytes), target: '' };
  };
}

function compilePart(
  route: Route,
  config: PartConfig,
  names: ReadonlySet<string>,
  forwardHeaders: readonly string[],
  { clock }: ActionContext,
): Part {
  const upstream = route.callOf(config.upstream);
  return {
    config,
    key: Buffer.from(`${JSON.stringify(config.name)}:`),
    default: config.default === undefined ? undefined : Buffer.from(JSON.stringify(config.default)),
    upstream,
    time: partTime(config.timeout, upstream.deadlineMs, clock),
    dependencies: [...dependenciesOf(config, names)],
    path: compilePath(config.path),
    query: compileQuery(config.query, config.forwardQuery ?? []),
    pick: config.pick === undefined ? undefined : compilePick(config.pick),
    fields: config.forwardHeaders ?? forwardHeaders,
  };
}

/** The parts of one request, while they run. */
class Run {
  readonly #parts: readonly Part[];
  readonly #request: UpstreamRequest;
  readonly #client: ClientExchange;
  readonly #group: Cancellation;
  readonly #outcomes = new Map<string, Promise<Outcome>>();

  constructor(parts: readonly Part[], request: UpstreamRequest) {
    this.#parts = parts;
    this.#request = request;
    this.#client = clientOf(request.context);
    this.#group = request.signal.child();
  }

  /** In the order of the parts. */
  all(): Promise<readonly Outcome[]> {
    return gather(this.#parts, this.#group, (part) => this.#start(part));
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
      const json = await runPart(part.upstream, this.#client, this.#group, request);
      if (part.pick === undefined) return { kind: 'value', value: json };
      return { kind: 'value', value: { exact: part.pick(json.exact), bytes: undefined } };
    } catch (error) {
      const { name, required } = part.config;
      if (required) throw asAnswer(name, error);
      // A mistake of the client's is reported, whichever part finds it.
      if (isGatewayError(error) && CLIENTS_OWN.has(error.code)) throw error;
      return { kind: 'missing', error, missing: missingPart(this.#client, name, error) };
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

  #describe({ config, fields, time, path, query }: Part, parts: Values): PartRequest {
    const { headers } = this.#client;
    const input = { exchange: this.#client, headers, parts };
    const sent: MutableHeaders = { ...ASKED_FOR };
    addForwarded(sent, headers, fields);
    return {
      name: config.name,
      upstream: config.upstream,
      method: config.method,
      path: path(input),
      query: query(input),
      headers: sent,
      body: this.#body(config, sent),
      time,
      maxBodyBytes: config.maxBody,
    };
  }

  /** The client's body goes to the one part that writes. */
  #body({ method }: PartConfig, sent: MutableHeaders): PartRequest['body'] {
    const { body } = this.#request;
    if (method === 'GET' || body === undefined) return undefined;
    for (const name of ['content-type', 'content-encoding', 'content-length']) {
      const { [name]: value } = this.#client.headers;
      if (value !== undefined) sent[name] = value;
    }
    return body;
  }
}

type Values = Readonly<Record<string, unknown>>;
const NONE: Values = {};

/**
 * Whatever the client accepts: the gateway reads the part itself, and decoding costs more than asking for
 * no coding.
 */
const ASKED_FOR = { accept: 'application/json', 'accept-encoding': 'identity' };

/** Errors in the request or its body, independent of any upstream. */
const CLIENTS_OWN: ReadonlySet<ErrorCode> = new Set([
  'GW_REQUEST_INVALID',
  'GW_REQUEST_TIMEOUT',
  'GW_BODY_TOO_LARGE',
]);

/** The client's error for a required part that failed. */
function asAnswer(name: string, error: unknown): GatewayError {
  const own = toGatewayError(error);
  if (own.code === 'GW_INTERNAL' || own.message.startsWith(name)) return own;
  return new GatewayError(own.code, `${name}: ${own.message}`, { ...own.options, cause: error });
}

/** The bytes of the answer. */
function compose(parts: readonly Part[], outcomes: readonly Outcome[], minimum: number): Buffer {
  const pieces: Buffer[] = [];
  const missing: MissingPart[] = [];
  const add = (key: Buffer, value: Buffer): void => {
    pieces.push(pieces.length === 0 ? OPEN : COMMA, key, value);
  };
  for (const [i, { key, default: instead }] of parts.entries()) {
    const outcome = outcomes[i]!;
    if (outcome.kind === 'value') {
      const bytes = bytesOf(outcome.value);
      if (bytes !== undefined) add(key, bytes);
    } else {
      missing.push(outcome.missing);
      if (instead !== undefined) add(key, instead);
    }
  }
  if (parts.length - missing.length < minimum) {
    const names = missing.map(({ name, reason }) => `${name} (${reason})`).join(', ');
    throw tooLittle(`too few parts: without ${names}`, outcomes);
  }
  if (pieces.length === 0) pieces.push(OPEN);
  pieces.push(CLOSE);
  return Buffer.concat(pieces);
}

/** A part that was not answered says more about the failure than one that was answered badly. */
function tooLittle(detail: string, outcomes: readonly Outcome[]): GatewayError {
  const failure = outcomes
    .map((outcome) => (outcome.kind === 'missing' ? toGatewayError(outcome.error) : undefined))
    .find((error) => error !== undefined && !ANSWERED.has(error.code));
  const code = failure?.code ?? 'GW_UPSTREAM_INVALID';
  return new GatewayError(code, detail, { ...failure?.options, cause: failure });
}

/** The codes of parts whose upstream did answer. */
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
  // Read only here, because reading it may parse the text again.
  const { exact } = value;
  return exact === undefined ? undefined : Buffer.from(JSON.stringify(exact));
}
