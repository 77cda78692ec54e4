/** Makes one JSON object of the parts of an aggregate, or the error where too few have come. */
import { type ErrorCode, GatewayError, toGatewayError } from '../core/errors.ts';
import type { MissingPart } from '../core/record.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import type { Written } from './aggregate-layout.ts';
import { type CompiledAggregate, type Part, type PartValue, shownOf } from './aggregate-part.ts';

/** How a part ended. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: PartValue }
  | { readonly kind: 'missing'; readonly error: unknown; readonly missing: MissingPart };

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
  if (parts.length - missing.length < minimum) {
    const names = missing.map(({ name, reason }) => `${name} (${reason})`).join(', ');
    throw tooLittle(`too few parts: without ${names}`, outcomes);
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
  bytes: (at) => bytesOf(parts[at]!, outcomes[at]!),
  fields: (at) => {
    const outcome = outcomes[at]!;
    return outcome.kind === 'value' ? shownOf(outcome.value) : parts[at]!.config.default;
  },
});

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

function bytesOf(part: Part, outcome: Outcome): Buffer | undefined {
  if (outcome.kind === 'missing') return part.default;
  const { value } = outcome;
  if (value.bytes !== undefined) return value.bytes;
  const shown = shownOf(value);
  return shown === undefined ? undefined : Buffer.from(JSON.stringify(shown));
}
