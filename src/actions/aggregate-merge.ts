/** Makes one JSON object of the parts of an aggregate, or the error where too few have come. */
import { type ErrorCode, GatewayError, toGatewayError } from '../core/errors.ts';
import type { MissingPart } from '../core/record.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { select } from '../routes/shape/pick.ts';
import { detailOf, errorName } from './aggregate-detail.ts';
import type { Chosen } from './aggregate-fields.ts';
import type { Written } from './aggregate-layout.ts';
import { ListValue } from './aggregate-list-value.ts';
import { type CompiledAggregate, type Part, type PartValue, shownOf } from './aggregate-part.ts';

export interface ValueOutcome {
  readonly kind: 'value';
  readonly value: PartValue;
  /** What it has not: elements of a list, or fields that an operation could not get. */
  readonly lacking: readonly MissingPart[];
}

/** How a part ended. */
export type Outcome =
  | ValueOutcome
  | { readonly kind: 'missing'; readonly error: unknown; readonly missing: MissingPart }
  /** Its condition did not hold. */
  | { readonly kind: 'skipped' };

/** What a client has chosen of each part; `undefined`: everything. */
export type Shown = Chosen['shown'] | undefined;

/** The bytes of the answer; `outcomes` are those of the parts, in their order. */
export function mergeParts(
  { parts, layout }: CompiledAggregate,
  outcomes: readonly Outcome[],
  shown: Shown,
  client: ClientExchange,
): Buffer {
  return layout === undefined
    ? underNames(parts, outcomes, shown)
    : layout.write(writtenOf(parts, outcomes, shown), client);
}

/**
 * @param missing those that failed
 * @throws the error of the part that failed most tellingly, if fewer than the minimum have come
 */
export function mustBeEnough(
  { parts, minimum }: CompiledAggregate,
  outcomes: readonly Outcome[],
  missing: readonly MissingPart[],
): void {
  if (missing.length === 0 || !hasTooFew(parts, outcomes, minimum)) return;
  const names = missing.map(({ name, reason }) => `${name} (${reason})`).join(', ');
  throw tooLittle(`too few parts: without ${names}`, parts, outcomes);
}

/** The object with each part under its name. */
function underNames(parts: readonly Part[], outcomes: readonly Outcome[], shown: Shown): Buffer {
  const pieces: Buffer[] = [];
  for (let i = 0; i < parts.length; i++) {
    const bytes = bytesOf(parts[i]!, outcomes[i]!, shown, i);
    if (bytes !== undefined) pieces.push(pieces.length === 0 ? OPEN : COMMA, parts[i]!.key, bytes);
  }
  if (pieces.length === 0) pieces.push(OPEN);
  pieces.push(CLOSE);
  return Buffer.concat(pieces);
}

/** What a layout writes. */
const writtenOf = (
  parts: readonly Part[],
  outcomes: readonly Outcome[],
  shown: Shown,
): Written => ({
  value: (at) => bytesOf(parts[at]!, outcomes[at]!, shown, at),
  fields: (at) => valueShown(parts[at]!, outcomes[at]!, shown, at),
  error: (at) => {
    if (isHidden(shown, at)) return undefined;
    const error = errorOf(parts[at]!, outcomes[at]!);
    return error === undefined ? undefined : Buffer.from(JSON.stringify(error));
  },
});

/** Does the client ask for nothing of the part at `at`? */
export const isHidden = (shown: Shown, at: number): boolean =>
  shown !== undefined && shown[at] === undefined;

/** Parts that were not called do not count, and a required one that has come is enough. */
function hasTooFew(parts: readonly Part[], outcomes: readonly Outcome[], minimum: number): boolean {
  let came = 0;
  let called = 0;
  for (let i = 0; i < outcomes.length; i++) {
    const { kind } = outcomes[i]!;
    if (kind === 'skipped') continue;
    called += 1;
    if (kind === 'missing') continue;
    if (parts[i]!.config.required) return false;
    came += 1;
  }
  return came < Math.min(minimum, called);
}

/** A part that was not answered says more about the failure than one that was answered badly. */
function tooLittle(
  detail: string,
  parts: readonly Part[],
  outcomes: readonly Outcome[],
): GatewayError {
  const failure = outcomes
    .map((outcome) => (outcome.kind === 'missing' ? toGatewayError(outcome.error) : undefined))
    .find((error) => error !== undefined && !ANSWERED.has(error.code));
  const code = failure?.code ?? 'GW_UPSTREAM_INVALID';
  const told = parts.flatMap((part, at) => {
    const error = errorOf(part, outcomes[at]!);
    return error === undefined ? [] : [[errorName(part.config.name), error] as const];
  });
  const extensions = { ...failure?.options.extensions, ...Object.fromEntries(told) };
  return new GatewayError(code, detail, { ...failure?.options, cause: failure, extensions });
}

/** What the answer tells of a part that failed; `undefined`: nothing. */
export const errorOf = ({ config }: Part, outcome: Outcome): object | undefined =>
  outcome.kind === 'missing' ? detailOf(config, outcome.error, outcome.missing.reason) : undefined;

/** The codes of parts whose upstream did answer. */
const ANSWERED: ReadonlySet<ErrorCode> = new Set([
  'GW_UPSTREAM_INVALID',
  'GW_ROUTE_NOT_FOUND',
  'GW_REQUEST_INVALID',
]);

const OPEN = Buffer.from('{');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from('}');

/** What stands in the place of the part, which is the one at `at`; `undefined`: nothing. */
export function bytesOf(
  part: Part,
  outcome: Outcome,
  shown: Shown,
  at: number,
): Buffer | undefined {
  if (outcome.kind === 'skipped') return undefined;
  if (shown === undefined || shown[at]?.end !== undefined) {
    if (outcome.kind === 'missing') return part.default;
    if (outcome.value.bytes !== undefined) return outcome.value.bytes;
  }
  const value = valueShown(part, outcome, shown, at);
  return value === undefined ? undefined : Buffer.from(JSON.stringify(value));
}

/** `bytes` of a part that came, without the line breaks of an upstream that indents. */
export const onOneLine = (bytes: Buffer, value: PartValue): Buffer =>
  bytes === value.bytes && (bytes.includes(LINE_FEED) || bytes.includes(RETURN))
    ? Buffer.from(JSON.stringify(shownOf(value)))
    : bytes;

const LINE_FEED = 0x0a;
const RETURN = 0x0d;

function valueShown(part: Part, outcome: Outcome, shown: Shown, at: number): unknown {
  if (outcome.kind === 'skipped') return undefined;
  const value = outcome.kind === 'value' ? shownOf(outcome.value) : part.config.default;
  if (shown === undefined || value === undefined) return value;
  const selection = shown[at];
  if (selection !== undefined && outcome.kind === 'value' && outcome.value instanceof ListValue) {
    return outcome.value.shownBy((each) => select(each, selection));
  }
  return selection && select(value, selection);
}
