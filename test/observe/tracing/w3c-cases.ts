/**
 * What the W3C's test suite for Trace Context sends, and what it expects: every case of `TraceContextTest` in
 * https://github.com/w3c/trace-context/blob/main/test/test.py, by its name there without `test_`.
 */

export type Field = readonly [name: string, value: string];

export interface Exchange {
  readonly sent: readonly Field[];
  /** Does the upstream get the trace id that was sent? Otherwise a new one. */
  readonly isContinued: boolean;
  /** The `tracestate` that the upstream gets; `undefined`: none. */
  readonly state?: string;
}

export const TRACE_ID = '12345678901234567890123456789012';
export const SPAN_ID = '1234567890123456';

interface Shape {
  readonly version?: string;
  readonly trace?: string;
  readonly span?: string;
  readonly flags?: string;
}

export const parentOf = ({
  version = '00',
  trace = TRACE_ID,
  span = SPAN_ID,
  flags = '01',
}: Shape) => `${version}-${trace}-${span}-${flags}`;

const parent = (shape: Shape = {}): Field => ['traceparent', parentOf(shape)];
const literal = (value: string): Field => ['traceparent', value];

const continued = (...sent: readonly Field[]): Exchange => ({ sent, isContinued: true });
const restarted = (...sent: readonly Field[]): Exchange => ({ sent, isContinued: false });
/** With a valid `traceparent`, fields of `tracestate`: the upstream gets `state`, or none. */
const stated = (state: string | undefined, ...values: readonly string[]): Exchange => ({
  sent: [parent({ flags: '00' }), ...values.map((value): Field => ['tracestate', value])],
  isContinued: true,
  ...(state !== undefined && { state }),
});
const kept = (value: string): Exchange => stated(value, value);
const named = (name: string, state?: string): Exchange => ({
  sent: [parent({ flags: '00' }), [name, 'foo=1']],
  isContinued: true,
  ...(state !== undefined && { state }),
});

const FUTURE = '-what-the-future-will-be-like';
const VALID = parentOf({});

const range = (from: number, to: number): string =>
  String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, i) => from + i));
const KEY = `${range(0x61, 0x7a)}${range(0x30, 0x39)}_-*/`;
/** All of printable ASCII but the comma and the equals sign. */
const VALUE = range(0x20, 0x2b) + range(0x2d, 0x3c) + range(0x3e, 0x7e);

const members = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i).padStart(2, '0'))
    .map((number) => `bar${number}=${number}`)
    .join(',');
const TENS = [members(1, 10), members(11, 20), members(21, 30)];

export const CASES: Readonly<Record<string, readonly Exchange[]>> = {
  both_traceparent_and_tracestate_missing: [restarted()],
  traceparent_included_tracestate_missing: [continued(parent())],
  traceparent_duplicated: [
    restarted(parent({ trace: '12345678901234567890123456789011' }), parent()),
  ],
  traceparent_header_name: [restarted(['trace-parent', VALID]), restarted(['trace.parent', VALID])],
  traceparent_header_name_valid_casing: [
    continued(['TraceParent', VALID]),
    continued(['TrAcEpArEnT', VALID]),
    continued(['TRACEPARENT', VALID]),
  ],
  traceparent_version_0x00: [restarted(literal(`${VALID}.`)), restarted(literal(VALID + FUTURE))],
  traceparent_version_0xcc: [
    continued(parent({ version: 'cc' })),
    continued(literal(parentOf({ version: 'cc' }) + FUTURE)),
    restarted(literal(`${parentOf({ version: 'cc' })}.${FUTURE.slice(1)}`)),
  ],
  traceparent_version_0xff: [restarted(parent({ version: 'ff' }))],
  traceparent_version_illegal_characters: [
    restarted(parent({ version: '.0' })),
    restarted(parent({ version: '0.' })),
  ],
  traceparent_version_too_long: [
    restarted(parent({ version: '000' })),
    restarted(parent({ version: '0000' })),
  ],
  traceparent_version_too_short: [restarted(parent({ version: '0' }))],
  traceparent_trace_id_all_zero: [restarted(parent({ trace: '0'.repeat(32) }))],
  traceparent_trace_id_illegal_characters: [
    restarted(parent({ trace: `.${TRACE_ID.slice(1)}` })),
    restarted(parent({ trace: `${TRACE_ID.slice(0, -1)}.` })),
  ],
  traceparent_trace_id_too_long: [restarted(parent({ trace: `${TRACE_ID}3` }))],
  traceparent_trace_id_too_short: [restarted(parent({ trace: TRACE_ID.slice(0, -1) }))],
  traceparent_parent_id_all_zero: [restarted(parent({ span: '0'.repeat(16) }))],
  traceparent_parent_id_illegal_characters: [
    restarted(parent({ span: `.${SPAN_ID.slice(1)}` })),
    restarted(parent({ span: `${SPAN_ID.slice(0, -1)}.` })),
  ],
  traceparent_parent_id_too_long: [restarted(parent({ span: `${SPAN_ID}7` }))],
  traceparent_parent_id_too_short: [restarted(parent({ span: SPAN_ID.slice(0, -1) }))],
  traceparent_trace_flags_illegal_characters: [
    restarted(parent({ flags: '.0' })),
    restarted(parent({ flags: '0.' })),
  ],
  traceparent_trace_flags_too_long: [restarted(parent({ flags: '001' }))],
  traceparent_trace_flags_too_short: [restarted(parent({ flags: '1' }))],
  traceparent_ows_handling: [
    continued(literal(` ${VALID}`)),
    continued(literal(`\t${VALID}`)),
    continued(literal(`${VALID} `)),
    continued(literal(`${VALID}\t`)),
    continued(literal(`\t ${VALID} \t`)),
  ],
  tracestate_included_traceparent_missing: [
    restarted(['tracestate', 'foo=1']),
    restarted(['tracestate', 'foo=1,bar=2']),
  ],
  tracestate_included_traceparent_included: [kept('foo=1,bar=2')],
  tracestate_header_name: [named('trace-state'), named('trace.state')],
  tracestate_header_name_valid_casing: [
    named('TraceState', 'foo=1'),
    named('TrAcEsTaTe', 'foo=1'),
    named('TRACESTATE', 'foo=1'),
  ],
  tracestate_empty_header: [
    stated(undefined, ''),
    stated('foo=1', 'foo=1', ''),
    stated('foo=1', '', 'foo=1'),
  ],
  tracestate_multiple_headers_different_keys: [
    stated('foo=1,bar=2,rojo=1,congo=2,baz=3', 'foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'),
  ],
  tracestate_duplicated_keys: [
    stated(undefined, 'foo=1,foo=1'),
    stated(undefined, 'foo=1,foo=2'),
    stated(undefined, 'foo=1', 'foo=1'),
    stated(undefined, 'foo=1', 'foo=2'),
  ],
  tracestate_all_allowed_characters: [kept(`${KEY}=${VALUE}`), kept(`${KEY}@a-z0-9_-*/=${VALUE}`)],
  tracestate_ows_handling: [
    stated('foo=1,bar=2,baz=3', 'foo=1 \t , \t bar=2, \t baz=3'),
    stated('foo=1,bar=2,baz=3', 'foo=1\t \t,\t \tbar=2,\t \tbaz=3'),
    ...[' foo=1', '\tfoo=1', 'foo=1 ', 'foo=1\t', '\t foo=1 \t'].map((text) =>
      stated('foo=1', text),
    ),
  ],
  tracestate_key_illegal_characters: [
    stated(undefined, 'foo =1'),
    stated(undefined, 'FOO=1'),
    stated(undefined, 'foo.bar=1'),
  ],
  tracestate_key_illegal_vendor_format: [
    stated(undefined, 'foo@=1,bar=2'),
    stated(undefined, '@foo=1,bar=2'),
    stated(undefined, 'foo@@bar=1,bar=2'),
    stated(undefined, 'foo@bar@baz=1,bar=2'),
  ],
  tracestate_member_count_limit: [
    stated([...TENS, members(31, 32)].join(), ...TENS, members(31, 32)),
    stated(undefined, ...TENS, members(31, 33)),
  ],
  tracestate_key_length_limit: [
    stated(`foo=1,${'z'.repeat(256)}=1`, 'foo=1', `${'z'.repeat(256)}=1`),
    stated(undefined, 'foo=1', `${'z'.repeat(257)}=1`),
    stated(
      `foo=1,${'t'.repeat(241)}@${'v'.repeat(14)}=1`,
      'foo=1',
      `${'t'.repeat(241)}@${'v'.repeat(14)}=1`,
    ),
    stated(undefined, 'foo=1', `${'t'.repeat(242)}@v=1`),
    stated(undefined, 'foo=1', `t@${'v'.repeat(15)}=1`),
  ],
};

/** `AdvancedTest`: what is sent with a request for which three calls are made, and whether its trace goes on. */
export const THREE_CALLS: Readonly<Record<string, Exchange>> = {
  multiple_requests_with_valid_traceparent: continued(parent()),
  multiple_requests_without_traceparent: restarted(),
  multiple_requests_with_illegal_traceparent: restarted(parent({ trace: '0'.repeat(32) })),
};
