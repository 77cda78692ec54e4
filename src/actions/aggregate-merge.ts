/** Makes one JSON object of the parts of an aggregate, or the error where too few have come. */
import { type ErrorCode, GatewayError, toGatewayError } from '../core/errors.ts';
import type { MissingPart } from '../core/record.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { detailOf, errorName } from './aggregate-detail.ts';
import type { Written } from './aggregate-layout.ts';
import { type CompiledAggregate, type Part, type PartValue, shownOf } from './aggregate-part.ts';

/** How a part ended. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: PartValue }
  | { readonly kind: 'missing'; readonly error: unknown; readonly missing: MissingPart }
  /** Its condition did not hold. */
  | { readonly kind: 'skipped' };

/**
 * The bytes of the answer; `outcomes` are those of `parts`, in their order, and `missing` those that failed.
 *
 * @throws the error of the part that failed most tellingly, if fewer than `minimum` have come
 */
export function mergeParts(
  { parts, minimum, layout }: CompiledAggregate,
  outcomes: readonly Outcome[],
  missing: readonly MissingPart[],
  client: ClientExchange,
): Buffer {
  if (missing.length > 0 && hasTooFew(parts, outcomes, minimum)) {
    const names = missing.map(({ name, reason }) => `${name} (${reason})`).join(', ');
    throw tooLittle(`too few parts: without ${names}`, parts, outcomes);
  }
  return layout === undefined
    ? underNames(parts, outcomes)
    : layout.write(writtenOf(parts, outcomes), client);
}

/** The object with each part under its name. */
function underNames(parts: readonly Part[], outcomes: readonly Outcome[]): Buffer {
  const pieces: Buffer[] = [];
  for (let i = 0; i < parts.length; i++) {
    const bytes = bytesOf(parts[i]!, outcomes[i]!);
    if (bytes !== undefined) pieces.push(pieces.length === 0 ? OPEN : COMMA, parts[i]!.key, bytes);
  }
  if (pieces.length === 0) pieces.push(OPEN);
  pieces.push(CLOSE);
  return Buffer.concat(pieces);
}

/** What a layout writes. */
const writtenOf = (parts: readonly Part[], outcomes: readonly Outcome[]): Written => ({
  value: (at) => bytesOf(parts[at]!, outcomes[at]!),
  fields: (at) => {
    const outcome = outcomes[at]!;
    if (outcome.kind === 'skipped') return undefined;
    return outcome.kind === 'value' ? shownOf(outcome.value) : parts[at]!.config.default;
  },
  error: (at) => {
    const error = errorOf(parts[at]!, outcomes[at]!);
    return error === undefined ? undefined : Buffer.from(JSON.stringify(error));
  },
});

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

const errorOf = ({ config }: Part, outcome: Outcome): object | undefined =>
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

function bytesOf(part: Part, outcome: Outcome): Buffer | undefined {
  if (outcome.kind === 'skipped') return undefined;
  if (outcome.kind === 'missing') return part.default;
  const { value } = outcome;
  if (value.bytes !== undefined) return value.bytes;
  const shown = shownOf(value);
  return shown === undefined ? undefined : Buffer.from(JSON.stringify(shown));
}
