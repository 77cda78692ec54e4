import { describe, expect, test } from 'vitest';
import { ask } from './client.ts';
import { inParallel } from './measure.ts';
import { anyOf, bursts, sometimes } from './faults.ts';
import { seeded } from '../helpers/seeded.ts';
import { startChaos } from './upstream.ts';

const times = <T>(count: number, task: () => T): T[] => Array.from({ length: count }, task);

describe('chance', () => {
  test('is the same for the same seed, and uniform', () => {
    expect(times(3, seeded(1))).toEqual(times(3, seeded(1)));
    expect(times(3, seeded(1))).not.toEqual(times(3, seeded(2)));
    const met = times(10_000, sometimes('resetBeforeHead', 0.3, 7)).filter((each) => each !== 'ok');
    expect(met.length / 10_000).toBeCloseTo(0.3, 1);
    expect(new Set(times(50, anyOf(['ok', 'slow', 'hang'], 3))).size).toBe(3);
  });

  test('comes in bursts where it is told to', () => {
    expect(times(5, bursts('status503', 2))).toEqual([
      'status503',
      'status503',
      'ok',
      'ok',
      'status503',
    ]);
  });
});

describe('the chaos upstream', () => {
  test('closes its port and opens it again', async () => {
    const chaos = await startChaos('refuse');
    expect((await ask(chaos.url)).status).toBe(0);
    await chaos.behave('ok');
    expect((await ask(chaos.url)).status).toBe(200);
    await chaos.behave('refuse');
    expect((await ask(chaos.url)).status).toBe(0);
    expect(chaos.requests).toBe(1);
  });

  test('counts by key, and tells those who leave from those it leaves', async () => {
    const chaos = await startChaos(({ url }) => (url === '/hang' ? 'hang' : 'cutBody'));
    const cut = await inParallel(4, 4, (i) =>
      ask(chaos.url, { headers: { 'x-key': `key-${i % 2}` } }),
    );
    expect(cut.every(({ isCut }) => isCut)).toBe(true);
    expect([...chaos.byKey.values()]).toEqual([2, 2]);
    expect(chaos.aborts).toBe(0);
  });
});
