/** Makes one JSON object of the parts of an aggregate, or the error where too few have come. */
import { type ErrorCode, GatewayError, toGatewayError } from '../core/errors.ts';
import type { MissingPart } from '../core/record.ts';
import type { Part, PartValue } from './aggregate-part.ts';

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
  parts: readonly Part[],
  outcomes: readonly Outcome[],
  missing: readonly MissingPart[],
  minimum: number,
): Buffer {
  const pieces: Buffer[] = [];
  const add = (key: Buffer, value: Buffer): void => {
    pieces.push(pieces.length === 0 ? OPEN : COMMA, key, value);
  };
  for (let i = 0; i < parts.length; i++) {
    const { key, default: instead } = parts[i]!;
    const outcome = outcomes[i]!;
    if (outcome.kind === 'value') {
      const bytes = bytesOf(outcome.value);
      if (bytes !== undefined) add(key, bytes);
    } else if (instead !== undefined) add(key, instead);
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
