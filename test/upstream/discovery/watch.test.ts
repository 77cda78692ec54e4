import { describe, expect, test } from 'vitest';
import type { TargetConfig } from '../../../src/config/build/config.ts';
import { type LookedUp, Watch } from '../../../src/upstream/discovery/watch.ts';
import { manualClock } from '../../helpers/clock.ts';

const TARGETS: readonly TargetConfig[] = [{ origin: 'http://10.0.0.1:80', weight: 1 }];
const GOOD: LookedUp = { targets: TARGETS, goodForMs: 10_000 };
const BAD = new Error('nobody knows');

/** A watch over a registry whose look-ups the test ends. */
function watchOf(random: () => number = () => 0) {
  const clock = manualClock();
  const told: unknown[] = [];
  const lookUps: PromiseWithResolvers<LookedUp>[] = [];
  const registry = {
    question: 'what is there',
    retryMs: 4_000,
    lookUp: () => {
      lookUps.push(Promise.withResolvers<LookedUp>());
      return lookUps.at(-1)!.promise;
    },
    close: () => void told.push('closed'),
  };
  const watch = new Watch(registry, { clock, random });
  watch.start({
    found: (targets) => void told.push(targets),
    failed: (error) => void told.push(error),
  });
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    clock,
    told,
    watch,
    lookUps,
    answer: async (answer: LookedUp) => {
      lookUps.at(-1)!.resolve(answer);
      await settled();
    },
    fail: async () => {
      lookUps.at(-1)!.reject(BAD);
      await settled();
    },
  };
}

describe('a watch', () => {
  test('looks up at once, and again when the answer has expired', async () => {
    const { clock, told, lookUps, answer } = watchOf();
    expect(lookUps).toHaveLength(1);

    await answer(GOOD);
    expect(told).toEqual([TARGETS]);
    clock.advance(9_999);
    expect(lookUps).toHaveLength(1);

    clock.advance(1);
    expect(lookUps).toHaveLength(2);
  });

  test('waits up to a tenth longer at random', async () => {
    const { clock, lookUps, answer } = watchOf(() => 0.5);
    await answer(GOOD);
    clock.advance(10_499);
    expect(lookUps).toHaveLength(1);
    clock.advance(1);
    expect(lookUps).toHaveLength(2);
  });

  test('never makes two look-ups at once', async () => {
    const { clock, lookUps, answer } = watchOf();
    clock.advance(3_600_000);
    expect(lookUps).toHaveLength(1);
    await answer(GOOD);
    expect(clock.pending).toBe(1);
  });
});

describe('a watch whose look-up failed', () => {
  test('reports why, and retries after a wait that doubles up to 30 s', async () => {
    const { clock, told, lookUps, fail } = watchOf(() => 1 - Number.EPSILON);
    for (const [i, waitMs] of [4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      await fail();
      expect(told).toHaveLength(i + 1);
      expect(told.at(-1)).toBe(BAD);
      clock.advance(waitMs - 1);
      expect(lookUps).toHaveLength(i + 1);
      clock.advance(1);
      expect(lookUps).toHaveLength(i + 2);
    }
  });

  test('makes up to half of the wait random', async () => {
    const { clock, lookUps, fail } = watchOf(() => 0);
    await fail();
    clock.advance(1_999);
    expect(lookUps).toHaveLength(1);
    clock.advance(1);
    expect(lookUps).toHaveLength(2);
  });

  test('starts with the shortest wait again after a success', async () => {
    const { clock, lookUps, answer, fail } = watchOf();
    await fail();
    clock.advance(2_000);
    await fail();
    clock.advance(4_000);
    await answer(GOOD);
    clock.advance(10_000);
    expect(lookUps).toHaveLength(4);

    await fail();
    clock.advance(2_000);
    expect(lookUps).toHaveLength(5);
  });
});

describe('a watch that was stopped', () => {
  test('leaves no timer', async () => {
    const { clock, told, watch, lookUps, answer } = watchOf();
    await answer(GOOD);
    watch.stop();
    expect(clock.pending).toBe(0);
    clock.advance(3_600_000);
    expect(lookUps).toHaveLength(1);
    expect(told).toEqual([TARGETS, 'closed']);
  });

  test('reports nothing of the look-up in progress, however it ends', async () => {
    for (const end of ['answer', 'fail'] as const) {
      const { clock, told, watch, ...ends } = watchOf();
      watch.stop();
      await ends[end](GOOD);
      expect(told).toEqual(['closed']);
      expect(clock.pending).toBe(0);
    }
  });

  test('leaves no timer if its listener stopped it', async () => {
    const clock = manualClock();
    const registry = {
      question: '',
      retryMs: 1,
      lookUp: () => Promise.resolve(GOOD),
      close: () => undefined,
    };
    const watch = new Watch(registry, { clock, random: () => 0 });
    await new Promise<void>((resolve) => {
      const stop = (): void => {
        watch.stop();
        setImmediate(resolve);
      };
      watch.start({ found: stop, failed: stop });
    });
    expect(clock.pending).toBe(0);
  });
});
