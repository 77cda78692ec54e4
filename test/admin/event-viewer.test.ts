import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { type EventResponse, EventViewer, PATIENCE_MS } from '../../src/admin/event-viewer.ts';
import type { Shot } from '../../src/admin/live.ts';
import { manualClock } from '../helpers/clock.ts';

const SHOT: Shot = { json: '{}', event: Buffer.from('event: snapshot\n'), hasRates: true };

/** A response whose reader reads or does not. */
function read() {
  const written: string[] = [];
  const response = Object.assign(new EventEmitter(), {
    headersSent: false,
    destroyed: false,
    writableNeedDrain: false,
    writeHead: () => void (response.headersSent = true),
    write: (text: Buffer | string) => written.push(String(text)) > 0,
    destroy: () => void (response.destroyed = true),
    end: () => undefined,
  });
  const clock = manualClock();
  // Only what a viewer uses is there.
  const viewer = new EventViewer(response as unknown as EventResponse, clock);
  return { written, response, clock, viewer };
}

test('a browser is told first when to connect again', () => {
  const { written, viewer } = read();
  viewer.show(SHOT);
  viewer.show(SHOT);
  expect(written).toEqual(['retry: 2000\n\n', 'event: snapshot\n', 'event: snapshot\n']);
});

test('a snapshot that is missing becomes a comment, which keeps the connection alive', () => {
  const { written, viewer } = read();
  viewer.show(undefined);
  expect(written.at(-1)).toBe(':\n\n');
});

test('who does not read misses snapshots, and nothing waits for it', () => {
  const { written, response, clock, viewer } = read();
  viewer.show(SHOT);
  response.writableNeedDrain = true;
  viewer.show(SHOT);
  clock.advance(PATIENCE_MS - 1);
  viewer.show(SHOT);
  expect([written.length, response.destroyed]).toEqual([2, false]);
  response.writableNeedDrain = false;
  viewer.show(SHOT);
  expect(written).toHaveLength(3);
});

test('who has read nothing for half a minute is cut off, counted from when it stopped', () => {
  const { response, clock, viewer } = read();
  viewer.show(SHOT);
  clock.advance(PATIENCE_MS);
  response.writableNeedDrain = true;
  viewer.show(SHOT);
  expect(response.destroyed).toBe(false);
  clock.advance(PATIENCE_MS);
  viewer.show(SHOT);
  expect(response.destroyed).toBe(true);
});

test('who has gone before the events begin leaves at once', () => {
  const { response, viewer } = read();
  let left = 0;
  response.destroyed = true;
  viewer.open(() => (left += 1));
  expect(left).toBe(1);
});
