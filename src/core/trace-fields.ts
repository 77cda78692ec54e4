/**
 * The fields of W3C Trace Context and W3C Baggage, read by the rules of a receiver (W3C Trace Context, §3.2 and §4): what
 * is not valid is dropped.
 */

/** A position in a trace, as `traceparent` names it. */
export interface TraceParent {
  /** 32 hexadecimal digits, not all 0. */
  readonly traceId: string;
  /** 16 hexadecimal digits, not all 0: the span of whoever sent it. */
  readonly spanId: string;
  /** Bit 0: sampled. Bit 1: the trace id is random (level 2). */
  readonly flags: number;
}

export const SAMPLED = 1;
const RANDOM = 2;

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/** @returns `undefined` for anything that is not valid; versions after 00 may say more behind it */
export function parseTraceParent(text: string): TraceParent | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === 'ff' || traceId === NO_TRACE || spanId === NO_SPAN) {
    return undefined;
  }
  if (version === '00' && more !== undefined) return undefined;
  return {
    traceId: traceId!,
    spanId: spanId!,
    flags: Number.parseInt(flags!, 16) & (SAMPLED | RANDOM),
  };
}

const MOST_MEMBERS = 32;
const MOST_STATE = 512;
const LONG_MEMBER = 128;
/** §3.3.1.3: keys in lower case, at most 256 characters, perhaps of a tenant; values of at most 256, printable. */
const MEMBER =
  /^(?:[a-z][a-z\d_\-*/]{0,255}|[a-z\d][a-z\d_\-*/]{0,240}@[a-z][a-z\d_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * A `tracestate` that may be passed on: at most 32 members, each key once. Of more than 512 characters, whole members are
 * left out.
 *
 * @returns `undefined` if it is not valid, or empty
 */
export function validTraceState(text: string): string | undefined {
  const members = text
    .split(',')
    .map((member) => member.replaceAll(/^[\t ]+|[\t ]+$/g, ''))
    .filter((member) => member !== '');
  if (members.length === 0 || members.length > MOST_MEMBERS) return undefined;
  if (!members.every((member) => MEMBER.test(member))) return undefined;
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))));
  return keys.size === members.length ? shortened(members).join(',') : undefined;
}

/** §3.3.1.5: long members go first, then the last ones, which are of those who came first. */
function shortened(members: readonly string[]): readonly string[] {
  let kept = members;
  const lengthOf = (some: readonly string[]): number => some.join(',').length;
  while (lengthOf(kept) > MOST_STATE) {
    const long = kept.findLastIndex(({ length }) => length > LONG_MEMBER);
    kept = kept.toSpliced(long, 1);
  }
  return kept;
}

const MOST_BAGGAGE = 8_192;

/** The members of `baggage` (W3C Baggage, §3.2.1) whose keys are in `names`, unchanged. */
export function allowedBaggage(text: string, names: ReadonlySet<string>): string | undefined {
  if (names.size === 0 || text.length > MOST_BAGGAGE) return undefined;
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => names.has(/^([^=;\s]+)\s*=/.exec(member)?.[1] ?? ''));
  return members.length === 0 ? undefined : members.join(',');
}
