import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CaseTime, NoAnswer } from '../../../src/testing/cases/time.ts';

const timeOf = (isUpstreamWaiting = true): CaseTime =>
  new CaseTime({ startsAt: 1_000, isUpstreamWaiting: () => isUpstreamWaiting });

const after = ({ clock }: CaseTime, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve);
  });

const never = (): Promise<void> => new Promise(() => {});

describe('the time of a case', () => {
  test.each([
    [true, 60_000],
    [false, 600],
  ])('is moved to the next timer (an upstream waits: %s)', async (isWaiting, ms) => {
    const time = timeOf(isWaiting);
    await time.until(() => after(time, ms).then(() => after(time, 50)));
    expect(time.now).toBe(ms + 50);
    expect(time.wallClock()).toBe(1_000 + ms + 50);
  });

  test('stands still while the work has nothing to wait for', async () => {
    const time = timeOf();
    time.clock.after(50, () => undefined);
    await time.until(() => Promise.resolve());
    expect(time.now).toBe(0);
  });

  test('is not moved while a handler waits for a timer of its own', async () => {
    const time = timeOf(false);
    time.clock.after(1_000, () => undefined);
    await time.until(() => sleep(300));
    expect(time.now).toBe(0);
  });

  test('passes as told, and what is due happens', async () => {
    const time = timeOf();
    let due = false;
    time.clock.after(100, () => (due = true));
    await time.pass(100);
    expect(due).toBe(true);
  });

  test('ends what nothing could end any more', async () => {
    await expect(timeOf().until(never)).rejects.toThrow(NoAnswer);
  });

  test('ends what would go on for ever', async () => {
    const time = timeOf();
    const again = (): void => void time.clock.after(3_600_000, again);
    again();
    await expect(time.until(never)).rejects.toThrow(NoAnswer);
  });

  test('passes on why work failed', async () => {
    await expect(timeOf().until(() => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
  });
});
