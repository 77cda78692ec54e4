import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Calendar, isTimeZone, type Span, SPANS } from '../../plugins/quota/calendar.ts';

const windowOf = (span: Span, zone: string, time: string): readonly string[] => {
  const { name, startMs, endMs } = new Calendar(span, zone).at(Date.parse(time));
  return [name, new Date(startMs).toISOString(), new Date(endMs).toISOString()].map((text) =>
    text.replace(':00.000Z', 'Z'),
  );
};

describe('a window', () => {
  test.each<[span: Span, zone: string, time: string, window: readonly string[]]>([
    [
      'day',
      'UTC',
      '2026-12-01T00:00:00Z',
      ['day-2026-12-01', '2026-12-01T00:00Z', '2026-12-02T00:00Z'],
    ],
    [
      'day',
      'UTC',
      '2026-12-01T23:59:59.999Z',
      ['day-2026-12-01', '2026-12-01T00:00Z', '2026-12-02T00:00Z'],
    ],
    [
      'month',
      'UTC',
      '2026-12-31T12:00:00Z',
      ['month-2026-12-01', '2026-12-01T00:00Z', '2027-01-01T00:00Z'],
    ],
    [
      'month',
      'UTC',
      '2028-02-29T12:00:00Z',
      ['month-2028-02-01', '2028-02-01T00:00Z', '2028-03-01T00:00Z'],
    ],
    // A Sunday, and the Monday after it.
    [
      'week',
      'UTC',
      '2026-12-06T23:59:59Z',
      ['week-2026-11-30', '2026-11-30T00:00Z', '2026-12-07T00:00Z'],
    ],
    [
      'week',
      'UTC',
      '2026-12-07T00:00:00Z',
      ['week-2026-12-07', '2026-12-07T00:00Z', '2026-12-14T00:00Z'],
    ],
    // Days of 23 and 25 hours.
    [
      'day',
      'Europe/Berlin',
      '2026-03-29T12:00:00Z',
      ['day-2026-03-29', '2026-03-28T23:00Z', '2026-03-29T22:00Z'],
    ],
    [
      'day',
      'Europe/Berlin',
      '2026-10-25T12:00:00Z',
      ['day-2026-10-25', '2026-10-24T22:00Z', '2026-10-25T23:00Z'],
    ],
    // Midnight is skipped, and comes twice.
    [
      'day',
      'America/Sao_Paulo',
      '2018-11-04T12:00:00Z',
      ['day-2018-11-04', '2018-11-04T03:00Z', '2018-11-05T02:00Z'],
    ],
    [
      'day',
      'America/Havana',
      '2026-11-01T12:00:00Z',
      ['day-2026-11-01', '2026-11-01T04:00Z', '2026-11-02T05:00Z'],
    ],
    [
      'month',
      'Pacific/Kiritimati',
      '2026-11-30T10:00:00Z',
      ['month-2026-12-01', '2026-11-30T10:00Z', '2026-12-31T10:00Z'],
    ],
  ])('%s in %s at %s', (span, zone, time, window) => {
    expect(windowOf(span, zone, time)).toEqual(window);
  });

  test('has the moment in it, and meets the next one, whenever and wherever', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/St_Johns',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
    ];
    const anytime = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) });
    const property = fc.property(
      anytime,
      fc.constantFrom(...zones),
      fc.constantFrom(...SPANS),
      (ms, zone, span) => {
        const calendar = new Calendar(span, zone);
        const { startMs, endMs, name } = calendar.at(ms);
        expect(startMs <= ms && ms < endMs).toBe(true);
        const [next, same] = [calendar.at(endMs), calendar.at(endMs - 1)];
        expect([next.startMs, same.name]).toEqual([endMs, name]);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test('is of a zone that there is', () => {
    expect(['UTC', 'Europe/Berlin', 'Mars/Olympus', ''].map(isTimeZone)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
