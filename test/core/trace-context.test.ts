import { expect, test } from 'vitest';
import { CallRecord } from '../../src/core/record.ts';
import { continuedTrace, newTrace, spanIdOf } from '../../src/core/trace-context.ts';
import { TraceIds } from '../../src/core/trace-ids.ts';

const ids = new TraceIds();
const PARENT = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const FREE = { isSampled: false, isDecided: false, state: undefined, baggage: undefined };

test.each([false, true])('a new trace names itself in each attempt, sampled: %s', (isSampled) => {
  const trace = newTrace(ids, isSampled);
  const told = [trace.next(), trace.next(), trace.next()];
  const flags = isSampled ? '01' : '00';
  for (const text of told) {
    expect(text).toMatch(new RegExp(`^00-${trace.traceId}-[\\da-f]{16}-${flags}$`));
  }
  // Each attempt is a span of its own, and none is the request's.
  expect(new Set([...told.map(spanIdOf), trace.spanId]).size).toBe(4);
  expect(trace.spanId).toBe(trace.spanId);
  expect(trace.origin).toMatchObject({ parentId: undefined, isSampled, isDecided: false });
});

test.each([
  [0, false, '00'],
  [1, false, '00'],
  [0, true, '01'],
  // The flag of a random trace id is kept, and no other one but the gateway's own decision.
  [2, false, '02'],
  [3, true, '03'],
])('a trace with the flags %i goes on, sampled %s, as %s', (flags, isSampled, expected) => {
  const trace = continuedTrace(ids, { ...PARENT, flags }, { ...FREE, isSampled });
  expect(trace.traceId).toBe(PARENT.traceId);
  expect(trace.origin.parentId).toBe(PARENT.spanId);
  expect(trace.next()).toMatch(new RegExp(`^00-${PARENT.traceId}-[\\da-f]{16}-${expected}$`));
});

test('a call is told the trace, whatever its own fields say of one', () => {
  const origin = { ...FREE, state: 'a=1', baggage: 'b=2' };
  const trace = continuedTrace(ids, { ...PARENT, flags: 0 }, origin);
  const record = new CallRecord('forward', '', 'up', 0);
  const headers = { traceparent: 'own', baggage: 'own' };
  trace.tell(headers, record);
  expect(headers).toEqual({ traceparent: record.traceParent, tracestate: 'a=1', baggage: 'own' });
  expect(record.traceParent).toContain(PARENT.traceId);
});
