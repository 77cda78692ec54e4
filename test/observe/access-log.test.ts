import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { AccessRecord } from '../../src/observe/access-log.ts';
import { accessObjects } from '../../src/observe/access-log.ts';
import { createLog } from '../../src/observe/log.ts';
import { LineOutput } from '../../src/observe/line-output.ts';
import { CallRecord, RequestRecord } from '../../src/core/record.ts';
import { manualClock } from '../helpers/clock.ts';

/** With quotes, control characters, and halves of surrogate pairs. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);
const ms = fc.oneof(
  fc.double(),
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.constantFrom(0, -0, 1.005, 0.1, 99.995, -0.001, 1e10 + 0.01, 1e12, NaN),
);
const ending = fc.oneof(fc.constant(undefined), fc.integer({ min: 100, max: 599 }), text);
const maybe = fc.option(text, { nil: undefined });

const call = fc.record({
  purpose: fc.constantFrom('forward', 'part', 'plugin'),
  name: text,
  upstream: text,
  attempts: fc.array(fc.record({ target: text, connectMs: ms, firstByteMs: ms }), { maxLength: 3 }),
  queuedMs: ms,
  firstEnding: ending,
  ending,
  cause: maybe,
  ms,
});

const exchange = fc
  .record({
    id: text,
    method: text,
    host: text,
    path: text,
    route: text,
    endpoint: text,
    trace: fc.option(fc.record({ traceId: fc.constant('0af7651916cd43dd8448eb211c80319c') }), {
      nil: undefined,
    }),
    consumer: fc.option(fc.record({ id: text }), { nil: undefined }),
    peer: fc.record({ address: text }),
    record: fc.record({
      startedAt: ms,
      calls: fc.array(call, { maxLength: 4 }),
      code: maybe,
      cause: maybe,
      missing: fc.array(fc.record({ name: text, reason: text }), { maxLength: 3 }),
      uncounted: fc.nat(3),
      bytesReceived: fc.nat(),
    }),
  })
  .map((made): AccessRecord => ({ ...made, record: recordOf(made.record) }));

function recordOf({ calls, ...fields }: { calls: object[]; startedAt: number }): RequestRecord {
  const record = Object.assign(new RequestRecord(fields.startedAt), fields);
  record.calls = [
    ...record.calls,
    ...calls.map((made) => Object.assign(new CallRecord('part', '', '', 0), made)),
  ];
  return record;
}

/** A log, and what it wrote. */
function opened(level = 'info') {
  const written: string[] = [];
  const descriptor = {
    isPatient: false,
    writeNow: (bytes: Uint8Array) => written.push(Buffer.from(bytes).toString()) && bytes.length,
    write: () => {},
  };
  const output = new LineOutput({ descriptor, clock: manualClock(), notice: String });
  const lines = () => {
    output.flushNow();
    return written.splice(0).join('');
  };
  return { ...createLog(level, output), lines };
}

const plain: AccessRecord = {
  id: 'a-1',
  method: 'GET',
  host: 'shop',
  path: '/a',
  route: 'all',
  endpoint: '',
  trace: undefined,
  consumer: undefined,
  peer: { address: '192.0.2.1' },
  record: new RequestRecord(10),
};

describe('the access log', () => {
  test('writes by hand what pino would write of the same object', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { log, logAccess, lines } = opened();
    const logObject = accessObjects(log);
    const status = fc.integer({ min: 100, max: 599 });
    fc.assert(
      fc.property(exchange, status, fc.nat(), ms, fc.nat(), (made, answered, sent, now, time) => {
        vi.setSystemTime(time * 1_000);
        logAccess(made, answered, sent, now);
        const byHand = lines();
        logObject(made, answered, sent, now);
        expect(byHand).toBe(lines());
      }),
    );
    vi.useRealTimers();
  });

  test.each([
    ['info', 1],
    ['debug', 1],
    ['warn', 0],
    ['silent', 0],
  ])('of level %s has %i line for a request', (level, count) => {
    const { logAccess, lines } = opened(level);
    logAccess(plain, 200, 0, 12);
    expect(lines().split('\n')).toHaveLength(count + 1);
  });

  test('follows the level of its log', () => {
    const { log, logAccess, lines } = opened();
    log.level = 'error';
    logAccess(plain, 200, 0, 12);
    expect(lines()).toBe('');
  });
});
