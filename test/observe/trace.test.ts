import { describe, expect, test } from 'vitest';
import { RequestRecord } from '../../src/core/record.ts';
import type { AccessRecord } from '../../src/observe/access-log.ts';
import { type Trace, traceOf, traceText } from '../../src/observe/trace.ts';

const ASKED = { method: 'GET', path: '/books' };
const OUTCOME = {
  at: '2026-11-30T08:00:00.000Z',
  generation: 1,
  status: 200,
  bytesSent: 2,
  endedAt: 1_100,
};

/** A request that began at 1,000 by the clock. */
function exchangeWith(fill: (record: RequestRecord) => void): AccessRecord {
  const record = new RequestRecord(1_000);
  fill(record);
  return {
    id: 'a-1',
    method: 'GET',
    host: 'shop.example',
    path: '/a',
    route: 'all',
    endpoint: '',
    trace: undefined,
    consumer: undefined,
    peer: { address: '192.0.2.1' },
    record,
  };
}

const traced = (fill: (record: RequestRecord) => void): Trace =>
  traceOf(exchangeWith(fill), OUTCOME);

describe('a trace', () => {
  test('counts from the beginning of the request', () => {
    const { totalMs, calls } = traced((record) => {
      const call = record.call('part', 'book', 'catalog', 1_010.126);
      const attempt = call.attempt('catalog', 'http://up', ASKED, 1_020);
      Object.assign(attempt, { connectMs: 1.5, firstByteMs: 30, ending: 200 });
      call.end(200, 1_060.126);
    });
    expect(totalMs).toBe(100);
    expect(calls).toEqual([
      {
        purpose: 'part',
        name: 'book',
        upstream: 'catalog',
        startMs: 10.13,
        ms: 50,
        queuedMs: 0,
        status: 200,
        attempts: [
          {
            target: 'http://up',
            ...ASKED,
            startMs: 20,
            connectMs: 1.5,
            firstByteMs: 30,
            status: 200,
          },
        ],
      },
    ]);
  });

  test('has the id of its trace context, if there is one', () => {
    const exchange = exchangeWith(() => undefined);
    expect(traceOf(exchange, OUTCOME)).not.toHaveProperty('traceId');
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    expect(traceOf({ ...exchange, trace: { traceId } }, OUTCOME)).toMatchObject({ traceId });
  });

  test('leaves out what was still under way, and steps that were not reached', () => {
    const { calls } = traced((record) => {
      record
        .call('plugin', 'forwardAuth', 'authz', 1_000)
        .attempt('authz', 'http://up', ASKED, 1_001);
    });
    expect(calls[0]).toEqual({
      purpose: 'plugin',
      name: 'forwardAuth',
      upstream: 'authz',
      startMs: 0,
      queuedMs: 0,
      attempts: [{ target: 'http://up', ...ASKED, startMs: 1 }],
    });
  });

  test('lists 20 attempts of a call and 100 calls, and counts the others', () => {
    const { calls, moreCalls } = traced((record) => {
      for (let i = 0; i < 103; i++) {
        const call = record.call('plugin', 'own', 'up', 1_000);
        for (let n = 0; n < 23; n++) call.attempt('up', 'http://up', ASKED, 1_000);
      }
    });
    expect([calls.length, moreCalls]).toEqual([100, 3]);
    expect(calls[0]).toMatchObject({ moreAttempts: 3 });
    expect(calls[0]!.attempts).toHaveLength(20);
  });
});

/** From what holds all to what holds little. */
const LIMITS = [200_000, 110_000, 30_000, 5_000];

describe('a trace that is too long', () => {
  const long = traced((record) => {
    for (let i = 0; i < 50; i++) {
      const call = record.call('plugin', 'own', 'up', 1_000);
      for (let n = 0; n < 20; n++) call.attempt('up', 'http://up', ASKED, 1_000);
    }
  });
  const withPath = {
    ...long,
    path: `/${'é'.repeat(5_000)}`,
    explain: { text: 'x'.repeat(50_000) },
  };
  const texts = LIMITS.map((most) => traceText(withPath, most));
  const read = (i: number) =>
    JSON.parse(texts[i]!) as Omit<Trace, 'explain'> & { shortened?: string; explain?: object };

  test('keeps all that fits', () => {
    expect(read(0)).toEqual(withPath);
  });

  test('loses its explanation first', () => {
    expect(read(1)).toMatchObject({ shortened: 'explain' });
    expect(read(1)).not.toHaveProperty('explain');
    expect(read(1).calls[0]!.attempts).toHaveLength(20);
  });

  test('then its attempts, which are counted', () => {
    expect(read(2)).toMatchObject({ shortened: 'attempts' });
    expect(read(2).calls[0]).toMatchObject({ attempts: [], moreAttempts: 20 });
  });

  test('and at last its calls and the end of its path', () => {
    expect(read(3)).toMatchObject({ shortened: 'calls', calls: [], status: 200 });
    expect(read(3).path).toHaveLength(1_024);
  });

  test('is never longer than allowed, in bytes', () => {
    expect(texts.every((text, i) => Buffer.byteLength(text) <= LIMITS[i]!)).toBe(true);
  });
});
