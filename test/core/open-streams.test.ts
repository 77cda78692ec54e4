import { describe, expect, test } from 'vitest';
import { OpenStreams } from '../../src/core/open-streams.ts';
import { StreamRecord } from '../../src/core/stream-record.ts';
import { manualClock } from '../helpers/clock.ts';

/** Open streams, and when each was asked to end. */
function opening() {
  const clock = manualClock();
  const streams = new OpenStreams(clock);
  const asked: string[] = [];
  const open = (name: string, mayEnd?: boolean) => {
    const stream = {
      record: new StreamRecord('sse', name, 0),
      ...(mayEnd !== undefined && { mayEnd }),
      drain: () => void asked.push(`${name} ${Math.round(clock.now())}`),
    };
    streams.add(stream);
    return stream;
  };
  return { clock, streams, asked, open };
}

describe('a stop', () => {
  test('asks one stream after the other, and those that may end by themselves last', () => {
    const { clock, streams, asked, open } = opening();
    open('a');
    open('export', true);
    open('b');
    const start = clock.now();

    streams.drain(10_000);
    expect(asked).toEqual([`a ${start}`]);
    clock.advance(20);
    expect(asked).toHaveLength(2);
    clock.advance(7_979);
    expect(asked).toHaveLength(2);
    clock.advance(1);

    expect(asked).toContain(`export ${start + 8_000}`);
  });

  test('asks nobody who has ended by then', () => {
    const { clock, streams, asked, open } = opening();
    const stream = open('export', true);
    streams.drain(10_000);
    streams.remove(stream);
    clock.advance(10_000);

    expect(asked).toEqual([]);
  });

  test('asks what is opened later at once, or at the last moment', () => {
    const { clock, streams, asked, open } = opening();
    const start = clock.now();
    streams.drain(10_000);
    clock.advance(1_000);
    open('a');
    open('export', true);
    expect(asked).toEqual([`a ${start + 1_000}`]);
    clock.advance(7_000);

    expect(asked.filter((each) => each.startsWith('export'))).toEqual([`export ${start + 8_000}`]);
    open('late', true);
    clock.advance(0);
    expect(asked.at(-1)).toBe(`late ${start + 8_000}`);
  });
});
