/**
 * A part of an aggregate, compiled at boot: what it asks for, and how its value becomes a member of the answer.
 */
import type { UpstreamRequest } from '../core/call.ts';
import type { MutableHeaders } from '../core/headers.ts';
import type { Json } from '../core/json.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { type PartRequest, type PartTime, partTime } from '../routes/part.ts';
import type { TemplateInput } from '../routes/part-value.ts';
import { compilePick, type Pick } from '../routes/pick.ts';
import type { ActionContext, Route } from '../routes/route.ts';
import type { UpstreamCall } from '../upstream/lease.ts';
import { dependenciesOf } from './aggregate-references.ts';
import type { AggregateConfig, PartConfig } from './aggregate-schema.ts';
import { compileTarget, type Forwarding, partFields, type PartTarget } from './aggregate-target.ts';

export interface Part extends PartTarget {
  /** The start of its member in the answer: the key and the colon. */
  readonly key: Buffer;
  /** Its value if it fails. */
  readonly default: Buffer | undefined;
  readonly upstream: UpstreamCall;
  readonly time: PartTime;
  /** The parts that must come before it, and those that wait for it: their places in the list. */
  readonly needs: readonly number[];
  readonly neededBy: readonly number[];
  /** Absent if the whole value is taken. */
  readonly pick: Pick | undefined;
}

/** The value of a part: all of it, or the fields picked. */
export interface PartValue {
  /** Keeps the digits of numbers; `undefined` if there was nothing to pick. */
  readonly exact: unknown;
  /** The original text; absent if the value must be serialized again. */
  readonly bytes: Buffer | undefined;
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
  const names = parts.map(({ name }) => name);
  const known = new Set(names);
  const needs = parts.map((part) =>
    [...dependenciesOf(part, known)].map((name) => names.indexOf(name)),
  );
  return parts.map((config, i) => ({
    ...compilePart(route, config, action, context),
    needs: needs[i]!,
    neededBy: names.flatMap((_, other) => (needs[other]!.includes(i) ? [other] : [])),
  }));
}

function compilePart(
  route: Route,
  config: PartConfig,
  common: Forwarding,
  { clock }: ActionContext,
): Omit<Part, 'needs' | 'neededBy'> {
  const upstream = route.callOf(config.upstream);
  return {
    ...compileTarget(config, common),
    key: Buffer.from(`${JSON.stringify(config.name)}:`),
    default: config.default === undefined ? undefined : Buffer.from(JSON.stringify(config.default)),
    upstream,
    time: partTime(config.timeout, upstream.deadlineMs, clock),
    pick: config.pick === undefined ? undefined : compilePick(config.pick),
  };
}

/**
 * What a part asks for.
 *
 * @throws GW_REQUEST_INVALID, GW_UPSTREAM_INVALID as templates do
 */
export function describePart(
  part: Part,
  client: ClientExchange,
  body: UpstreamRequest['body'],
  parts: Values,
): PartRequest {
  const { config, time, path, query, fields } = part;
  const input = { exchange: client, parts };
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
  };
}

/** Its own body, or the client's, which goes to the one part that writes; sets the fields that describe it. */
function bodyOf(
  { config, body: own }: Part,
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

/** The value of a part that has come. @throws what reading numbers exactly may throw */
export function valueOf({ pick }: Part, json: Json): PartValue {
  return pick === undefined ? json : { exact: pick(json.exact), bytes: undefined };
}
