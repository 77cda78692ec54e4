/**
 * Compares the answers of the primary and of the mirror: the status, fields of the head, and the body.
 *
 * It runs when both have ended, in slices, and never on the path of a client's answer.
 */
import { codingsOf, decode, toUtf8 } from '../../core/decode.ts';
import { GatewayError } from '../../core/errors.ts';
import { type Json, readJson } from '../../core/json.ts';
import { inSlices, type Slices } from '../../core/slices.ts';
import type { CompareConfig } from '../../config/build/mirror.ts';
import type { AnswerCopy } from './answer-copy.ts';
import type { DiffRules } from './diff-rules.ts';
import { diff, type Difference } from './differ.ts';

/** Why two answers could not be compared. */
export type Incomparable = 'large' | 'unreadable';

/** Of two answers. In the differences, the first value is the primary's. */
export type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'different'; readonly found: readonly Difference[]; readonly isCut: boolean }
  | { readonly kind: Incomparable };

/** The most differences that are told of one pair of answers. */
export const MOST_DIFFERENCES = 20;

/** The places of the status, and of a body that is not compared as JSON: no path of JSON is spelt like them. */
export const STATUS = ':status';
const BODY = ':body';

/** Is it one of these? What differs there may be shown to anybody. */
export const isOutsideJson = (place: string): boolean => place === STATUS || place === BODY;

export interface Comparing {
  readonly rules: DiffRules;
  readonly slices: Slices;
}

const SAME: Verdict = { kind: 'same' };

/** A difference outside of JSON. */
export const differs = (path: string, first: unknown, second: unknown): Difference => ({
  path,
  field: path,
  kind: first === undefined ? 'extra' : second === undefined ? 'missing' : 'value',
  first,
  second,
});

export async function compareAnswers(
  primary: AnswerCopy,
  mirror: AnswerCopy,
  config: CompareConfig,
  comparing: Comparing,
): Promise<Verdict> {
  const found = headDifferences(primary, mirror, config);
  const ofBody =
    config.body === 'none' ? SAME : await compareBodies(primary, mirror, config, comparing);
  if (ofBody.kind === 'different') {
    return { kind: 'different', found: [...found, ...ofBody.found], isCut: ofBody.isCut };
  }
  // A head that differs says enough, even if the bodies cannot be compared.
  return found.length > 0 ? { kind: 'different', found, isCut: false } : ofBody;
}

function headDifferences(
  primary: AnswerCopy,
  mirror: AnswerCopy,
  { status, headers }: CompareConfig,
): Difference[] {
  const found =
    status && primary.status !== mirror.status
      ? [differs(STATUS, primary.status, mirror.status)]
      : [];
  for (const name of headers) {
    const [first, second] = [primary.headers.get(name), mirror.headers.get(name)];
    if (first !== second) found.push(differs(`header:${name}`, first, second));
  }
  return found;
}

async function compareBodies(
  primary: AnswerCopy,
  mirror: AnswerCopy,
  config: CompareConfig,
  comparing: Comparing,
): Promise<Verdict> {
  if (areEqual(primary, mirror)) return SAME;
  const [first, second] = [await plainBytes(primary, config), await plainBytes(mirror, config)];
  if (typeof first === 'string') return { kind: first };
  if (typeof second === 'string') return { kind: second };
  if (first.equals(second)) return SAME;
  if (config.body === 'bytes') return differentBodies(first, second);
  const [one, other] = [jsonOf(first), jsonOf(second)];
  if (one === undefined || other === undefined) {
    return one === other
      ? differentBodies(first, second)
      : different([{ ...differs(BODY, sizeOf(first), sizeOf(second)), kind: 'type' }], false);
  }
  const work = diff(one.distinct, other.distinct, comparing.rules, MOST_DIFFERENCES);
  const { found, isCut } = await inSlices(work, comparing.slices);
  return found.length === 0 ? SAME : different(found, isCut);
}

const different = (found: readonly Difference[], isCut: boolean): Verdict => ({
  kind: 'different',
  found,
  isCut,
});

const differentBodies = (first: Buffer, second: Buffer): Verdict =>
  different([differs(BODY, sizeOf(first), sizeOf(second))], false);

/** As they were sent. */
const areEqual = (one: AnswerCopy, other: AnswerCopy): boolean =>
  one.body.bytes !== undefined &&
  String(one.coding) === String(other.coding) &&
  other.body.bytes?.equals(one.body.bytes) === true;

/** Bodies themselves are never kept. */
const sizeOf = ({ length }: Buffer): string => `${length} bytes`;

/** The body without content codings, in UTF-8; or why there is none. */
async function plainBytes(
  { body, coding }: AnswerCopy,
  { maxBodyBytes, body: how }: CompareConfig,
): Promise<Buffer | Incomparable> {
  const { bytes } = body;
  if (bytes === undefined) return 'large';
  let why: Incomparable = 'unreadable';
  try {
    const plain = await decode(bytes, codingsOf(coding), maxBodyBytes, (kind, detail, cause) => {
      if (kind === 'large') why = kind;
      return new GatewayError('GW_UPSTREAM_INVALID', detail, { cause });
    });
    return how === 'json' ? toUtf8(plain) : plain;
  } catch {
    return why;
  }
}

/** `undefined` if it is not JSON, or nested too deep. */
function jsonOf(bytes: Buffer): Json | undefined {
  try {
    return readJson(bytes);
  } catch {
    return undefined;
  }
}
