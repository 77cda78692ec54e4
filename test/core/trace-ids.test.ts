import { expect, test } from 'vitest';
import { TraceIds } from '../../src/core/trace-ids.ts';

test('ids are random, of the right length, and never all 0', () => {
  const ids = new TraceIds();
  const traces = Array.from({ length: 2_000 }, () => ids.traceParent());
  expect(traces.every((text) => /^00-[1-9a-f][\da-f]{31}-[1-9a-f][\da-f]{15}-00$/.test(text))).toBe(
    true,
  );
  expect(new Set(traces.map((text) => text.slice(3, 35))).size).toBe(2_000);
  expect(new Set(traces.map((text) => text.slice(36, 52))).size).toBe(2_000);
  const spans = Array.from({ length: 2_000 }, () => ids.spanId());
  expect(spans.every((id) => /^[1-9a-f][\da-f]{15}$/.test(id))).toBe(true);
  expect(new Set(spans).size).toBe(2_000);
});

test('every digit but the first is as likely as any other', () => {
  const ids = new TraceIds();
  const counts = new Map<string, number>();
  const digits = Array.from({ length: 2_000 }, () => ids.spanId().slice(1)).join('');
  for (const digit of digits) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  const share = digits.length / 16;
  // Over 5 standard deviations.
  for (const count of counts.values()) expect(Math.abs(count / share - 1)).toBeLessThan(0.12);
  expect(counts.size).toBe(16);
});
