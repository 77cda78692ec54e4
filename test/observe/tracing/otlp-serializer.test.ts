/** What the gateway writes of its spans, compared with what OpenTelemetry's own serializer writes of the same ones. */
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FinishedSpan } from '../../../src/observe/tracing/finished-span.ts';
import { OtlpSerializer } from '../../../src/observe/tracing/otlp-serializer.ts';
import type { Span } from '../../../src/observe/tracing/span.ts';
import { decodeTraces } from './otlp-proto.ts';

const SOURCE = {
  resource: resourceFromAttributes({ 'service.name': 'portico', 'process.pid': 7 }),
  instrumentationScope: { name: 'portico', version: '1.0.0' },
};
/** A wall time in microseconds, as a clock gives it: finer ones are rounded. */
const OFFSET_MS = 1_790_000_000_123;

const id = (digits: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'.split('')), {
      minLength: digits,
      maxLength: digits,
    })
    .map((all) => all.join(''));
const someText = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  // Lengths about those at which a length takes another byte.
  fc.integer({ min: 120, max: 135 }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 16_370, max: 16_390 }).map((length) => 'é'.repeat(length)),
);
/** Numbers of spans are counts and times. */
const value = fc.oneof(
  someText,
  fc.nat(),
  fc.maxSafeNat(),
  fc.double({ noNaN: true, noInteger: true }),
);
const someMs = fc.integer({ min: 0, max: 100_000_000 }).map((microseconds) => microseconds / 1_000);
const span: fc.Arbitrary<Span> = fc.record({
  name: someText,
  kind: fc.constantFrom('server', 'internal', 'client'),
  id: id(16),
  parentId: fc.option(id(16), { nil: undefined }),
  startMs: someMs,
  endMs: someMs,
  attributes: fc.dictionary(someText, value, { maxKeys: 20 }),
  events: fc.array(fc.record({ name: someText, atMs: someMs }), { maxLength: 3 }),
  isError: fc.boolean(),
  links: fc.array(fc.record({ traceId: id(32), spanId: id(16) }), { maxLength: 2 }),
});

/** Without what says nothing: zeros, and a status that is not set. */
function essence(bytes: Uint8Array): unknown {
  return JSON.parse(JSON.stringify(decodeTraces(bytes)), (key, inner: unknown) => {
    if (key.startsWith('dropped') && inner === 0) return undefined;
    if (key === 'status') return (inner as { code?: number }).code === 0 ? undefined : inner;
    // Theirs are nanoseconds of a sum of floating-point numbers; microseconds are what is known.
    return key.endsWith('UnixNano')
      ? Math.round(Number(BigInt(inner as string) / 10n) / 100)
      : inner;
  });
}

const batchOf = fc.tuple(fc.array(span, { minLength: 1, maxLength: 5 }), id(32));

test('the gateway writes what OpenTelemetry would write of the same spans', () => {
  const serializer = new OtlpSerializer(SOURCE);
  fc.assert(
    fc.property(fc.array(batchOf, { minLength: 1, maxLength: 3 }), (batches) => {
      // All are written before one is sent, as they wait for their batch.
      const written = batches.map(([spans, traceId]) =>
        spans.map((each) => serializer.write(each, { traceId, offsetMs: OFFSET_MS })),
      );
      for (const [i, [spans, traceId]] of batches.entries()) {
        const theirs = ProtobufTraceSerializer.serializeRequest(
          spans.map((each) => new FinishedSpan(traceId, each, OFFSET_MS, SOURCE)),
        )!;
        expect(essence(serializer.serializeRequest(written[i]!)!)).toEqual(essence(theirs));
      }
    }),
    { numRuns: 60 },
  );
});

test('spans of plugins, made with the SDK, are in the same message', () => {
  const one: Span = {
    name: 'ours',
    kind: 'server',
    id: '00000000000000a1',
    parentId: undefined,
    startMs: 1,
    endMs: 2,
    attributes: {},
    events: [],
    isError: false,
  };
  const traceId = '000000000000000000000000000000b1';
  const serializer = new OtlpSerializer(SOURCE);
  const ours = serializer.write(one, { traceId, offsetMs: OFFSET_MS });
  const foreign = { ...SOURCE, instrumentationScope: { name: 'plugin' } };
  const theirs = Object.assign(Object.create(null) as object, {
    ...foreign,
    name: 'theirs',
    kind: 0,
    startTime: [1, 0],
    endTime: [2, 0],
    duration: [1, 0],
    spanContext: () => ({ traceId, spanId: '00000000000000a2', traceFlags: 1 }),
    status: { code: 0 },
    attributes: { list: ['a', 'b'], on: true },
    events: [],
    links: [],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  });
  const batch = [theirs as ReadableSpan, ours];
  const { resourceSpans } = decodeTraces(serializer.serializeRequest(batch)!) as {
    resourceSpans: { scopeSpans: { scope: { name: string }; spans: { name: string }[] }[] }[];
  };
  const named = resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.map(({ scope, spans }) => [scope.name, spans.map(({ name }) => name)]),
  );
  expect(named).toEqual([
    ['portico', ['ours']],
    ['plugin', ['theirs']],
  ]);
});
