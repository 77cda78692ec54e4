import { expect, test } from 'vitest';
import { Live, MOST_VIEWERS, type Shot } from '../../src/admin/live.ts';
import type { Snapshot } from '../../src/admin/page-data.ts';
import { manualClock } from '../helpers/clock.ts';

/** A source that counts; `tick` lets a second pass, and what it began end. */
function counted({ take }: { take?: () => Promise<Snapshot> } = {}) {
  const clock = manualClock();
  const told: string[] = [];
  const bugs: unknown[] = [];
  const source = {
    begin: () => void told.push('begin'),
    take:
      take ??
      (async () => {
        told.push('take');
        return { windowSeconds: told.length - 2 } as Snapshot;
      }),
    end: () => void told.push('end'),
  };
  const live = new Live({ clock, source, onBug: (error) => bugs.push(error) });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const tick = async (): Promise<void> => {
    clock.advance(1_000);
    await settled();
  };
  const watch = () => {
    const seen: (Shot | undefined)[] = [];
    const leave = live.watch({
      show: (shot) => seen.push(shot),
      end: () => void told.push('over'),
    });
    return { seen, leave };
  };
  return { clock, told, bugs, live, tick, watch, settled };
}

test('while nobody looks, nothing is computed and no timer runs', async () => {
  const { clock, told, tick, watch } = counted();
  expect(clock.pending).toBe(0);
  const { leave } = watch();
  await tick();
  expect(clock.pending).toBe(1);
  leave?.();
  expect(clock.pending).toBe(0);
  const before = [...told];
  await tick();
  expect(told).toEqual(before);
  expect(told.at(-1)).toBe('end');
});

test('who leaves while a snapshot is being made leaves no timer behind', async () => {
  const { clock, tick, watch, settled } = counted();
  watch().leave?.();
  await settled();
  expect(clock.pending).toBe(0);
  const { seen } = watch();
  await settled();
  await tick();
  expect([clock.pending, seen.length]).toEqual([1, 2]);
});

test('all viewers get the same bytes, once a second, and a new one gets the last at once', async () => {
  const { told, tick, watch, settled } = counted();
  const one = watch();
  await settled();
  const other = watch();
  await tick();
  expect([one.seen.length, other.seen.length]).toEqual([2, 2]);
  expect(one.seen[1]?.event).toBe(other.seen[1]?.event);
  expect(told.filter((each) => each === 'take')).toHaveLength(2);
  expect(told.filter((each) => each === 'begin')).toHaveLength(1);
});

test('a snapshot that fails is a bug, and the next one comes', async () => {
  const { bugs, tick, watch, settled } = counted({ take: () => Promise.reject(new Error('no')) });
  const { seen } = watch();
  await settled();
  await tick();
  expect([seen, bugs.length]).toEqual([[undefined, undefined], 2]);
});

test('there is a most of viewers, and a place for the next when one has left', () => {
  const { watch } = counted();
  const leaves = Array.from({ length: MOST_VIEWERS }, () => watch().leave);
  expect(watch().leave).toBeUndefined();
  leaves[0]?.();
  expect(watch().leave).toBeDefined();
});

test('closing ends every viewer and admits no more', async () => {
  const { clock, live, told, watch, settled } = counted();
  watch();
  watch();
  await settled();
  live.close();
  expect(told.slice(-3)).toEqual(['end', 'over', 'over']);
  expect([clock.pending, watch().leave]).toEqual([0, undefined]);
});
