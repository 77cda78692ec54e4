/**
 * A part of an aggregate, compiled at boot: what it asks for, and how its value becomes a member of the answer.
 */
import type { UpstreamRequest } from '../core/call.ts';
import type { MutableHeaders } from '../core/headers.ts';
import { GatewayError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { follow, isContainer } from '../core/value-path.ts';
import { parseTemplate } from '../config/schema/template.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { graphqlCall } from '../routes/graphql/graphql-call.ts';
import { type PartRequest, type PartTime, partTime } from '../routes/part.ts';
import type { PartAnswer } from '../routes/part-answer.ts';
import type { TemplateInput } from '../routes/part-value.ts';
import type { ActionContext, Route } from '../routes/route.ts';
import type { UpstreamCall } from '../upstream/lease.ts';
import { compilePartWhen, type PartWhen } from '../routes/part-when.ts';
import { type Edges, graphOf } from './aggregate-graph.ts';
import { compileShape, type Shape } from '../routes/shape/shape.ts';
import { type Layout, placeOf } from './aggregate-layout.ts';
import { dependenciesOf } from './aggregate-references.ts';
import { fallbackOf } from './aggregate-fallback.ts';
import { answerOf } from './aggregate-answer.ts';
import type { ListValue } from './aggregate-list-value.ts';
import { sharedAs } from './aggregate-alike.ts';
import type { AggregateConfig, PartConfig } from './aggregate-schema.ts';
import { buildPartWhen } from './aggregate-when.ts';
import { compileTarget, type Forwarding, partFields, type PartTarget } from './aggregate-target.ts';

/** What is asked of an upstream, and what is made of its answer: a part, or its fallback. */
export interface Asked extends PartTarget {
  readonly upstream: UpstreamCall;
  readonly time: PartTime;
  readonly answer: PartAnswer;
  /** Absent if the answer goes out as it came. */
  readonly shape: Shape | undefined;
  /** The list for whose elements it is called; absent: it is called once. */
  readonly list: ((values: Values) => unknown) | undefined;
  /** Calls with the same text may be alike; absent: no other call can be. */
  readonly shareAs: string | undefined;
}

export interface Part extends Asked, Edges {
  /** The start of its member in the answer: the key and the colon. */
  readonly key: Buffer;
  /** Its value if it fails. */
  readonly default: Buffer | undefined;
  /** Asked if it fails. */
  readonly fallback: Fallback | undefined;
  /** Absent: it is always called. */
  readonly when: PartWhen | undefined;
}

export interface Fallback extends Asked {
  /** It refers to other parts. */
  readonly needsParts: boolean;
}

export interface CompiledAggregate {
  readonly parts: readonly Part[];
  /** How many parts must come, unless a required one was called. */
  readonly minimum: number;
  /** Some parts are called only if a condition holds. */
  readonly isConditional: boolean;
  /** May clients choose among the fields? */
  readonly fields: boolean;
  /** May clients have each part as it comes? */
  readonly streams: boolean;
  /** Absent: each part stands under its name. */
  readonly layout: Layout | undefined;
}

/** The value of a part: what came, or what its shape made of it. */
export type PartValue = Json | Shaped | ListValue;

class Shaped {
  /** What other parts refer to. Keeps the digits of numbers. */
  readonly exact: unknown;
  /** What goes out; `undefined`: nothing. */
  readonly shown: unknown;
  readonly bytes = undefined;

  constructor(exact: unknown, shown: unknown) {
    this.exact = exact;
    this.shown = shown;
  }
}

/** What goes out of a value. Reading it may parse the text again. */
export function shownOf(value: PartValue): unknown {
  if ('shownBy' in value) return value.shownBy((each) => each);
  return value instanceof Shaped ? value.shown : value.exact;
}

/** What goes out of a value, as text; `undefined`: nothing. */
export function bytesOfValue(value: PartValue): Buffer | undefined {
  if (value.bytes !== undefined) return value.bytes;
  const shown = shownOf(value);
  return shown === undefined ? undefined : Buffer.from(JSON.stringify(shown));
}

/** The values that have come, by the names of their parts. */
export type Values = Readonly<Record<string, unknown>>;

/** @throws never: the config was checked */
export function compileParts(
  route: Route,
  action: AggregateConfig,
  context: ActionContext,
): readonly Part[] {
  const { parts } = action;
  const graph = graphOf(parts);
  const shared = sharedAs(parts);
  return parts.map((config, i) => ({
    ...compileAsked(route, config, action, context),
    shareAs: shared[i],
    key: Buffer.from(`${JSON.stringify(placeOf(config)[0])}:`),
    default: config.default === undefined ? undefined : Buffer.from(JSON.stringify(config.default)),
    fallback: compileFallback(route, config, action, context),
    when: config.when && compilePartWhen(buildPartWhen(config.when)),
    ...graph[i]!,
  }));
}

function compileFallback(
  route: Route,
  part: PartConfig,
  common: AggregateConfig,
  context: ActionContext,
): Fallback | undefined {
  const config = fallbackOf(part);
  if (config === undefined) return undefined;
  const names = new Set(common.parts.map(({ name }) => name));
  return {
    ...compileAsked(route, config, common, context),
    needsParts: dependenciesOf(config, names).size > 0,
  };
}

function compileAsked(
  route: Route,
  config: PartConfig,
  common: Forwarding,
  { clock }: ActionContext,
): Asked {
  const { graphql, maxBody: maxBytes } = config;
  const upstream =
    graphql === undefined
      ? route.callOf(config.upstream)
      : graphqlCall(route, config.upstream, graphql, { maxBytes, clock });
  return {
    ...compileTarget(config, common),
    upstream,
    time: partTime(config.timeout, upstream.deadlineMs, clock),
    answer: answerOf(config),
    list: config.foreach === undefined ? undefined : compileList(config.foreach),
    shape: compileShape(config),
    shareAs: undefined,
  };
}

function compileList(text: string): (values: Values) => unknown {
  const { root, rest } = parseTemplate(text).references[0]!;
  return (values) => follow(values[root], rest);
}

/**
 * What a part asks for.
 *
 * @throws GW_REQUEST_INVALID, GW_UPSTREAM_INVALID as templates do
 */
export function describePart(
  part: Asked,
  client: ClientExchange,
  body: UpstreamRequest['body'],
  parts: Values,
  element?: TemplateInput['element'],
): PartRequest {
  const { config, time, path, query, fields } = part;
  const input = { exchange: client, parts, element };
  const sent = partFields(part, client);
  const content = bodyOf(part, input, body, sent);
  fields?.(input, sent);
  return {
    name: config.name,
    upstream: config.upstream,
    method: config.method,
    path: path(input),
    query: query(input),
    headers: sent,
    body: content,
    time,
    maxBodyBytes: config.maxBody,
    answer: part.answer,
  };
}

/** Its own body, or the client's, which goes to the one part that writes; sets the fields that describe it. */
function bodyOf(
  { config, body: own }: Asked,
  input: TemplateInput,
  body: UpstreamRequest['body'],
  sent: MutableHeaders,
): PartRequest['body'] {
  if (own !== undefined) {
    const bytes = own(input);
    sent['content-type'] = 'application/json';
    sent['content-length'] = `${bytes.length}`;
    return bytes;
  }
  if (config.method === 'GET' || body === undefined) return undefined;
  for (const name of ['content-type', 'content-encoding', 'content-length']) {
    const { [name]: value } = input.exchange.headers;
    if (value !== undefined) sent[name] = value;
  }
  return body;
}

/**
 * The value of a part that has come.
 *
 * @throws GW_UPSTREAM_INVALID if it does not have its shape
 */
export function valueOf({ shape, config: { spread } }: Asked, json: Json): PartValue {
  if (spread && json.value !== null) return mustBeObject(shapedBy(shape, json));
  return shape === undefined ? json : shapedBy(shape, json);
}

function shapedBy(shape: Shape | undefined, json: Json): Shaped {
  const found = shape?.found === undefined ? json.exact : shape.found(json.exact);
  return new Shaped(found, shape?.shown === undefined ? found : shape.shown(found));
}

function mustBeObject(value: Shaped): Shaped {
  const { shown } = value;
  if (shown === null || shown === undefined) return value;
  if (isContainer(shown) && !Array.isArray(shown)) return value;
  throw new GatewayError('GW_UPSTREAM_INVALID', 'the answer is not an object that can be spread');
}
