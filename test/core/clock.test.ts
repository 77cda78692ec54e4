import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { pass } from '../helpers/time.ts';

/** The process stands still, as it does while a hook computes. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

async function socketPair(): Promise<readonly [Socket, Socket]> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = await accepted;
  onTestFinished(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return [near, far];
}

describe('a timer of a process that stood still', () => {
  test.each([60, 400])('lets what has arrived be read first, %d ms late', async (lateMs) => {
    const [near, far] = await socketPair();
    const order: string[] = [];
    const fired = Promise.withResolvers<void>();
    far.once('data', () => order.push('read'));
    near.write('x');
    systemClock.after(40, () => {
      order.push('timer');
      fired.resolve();
    });
    standStill(40 + lateMs);
    await fired.promise;
    expect(order).toEqual(['read', 'timer']);
  });

  test('is not run at all where what has arrived cancels it', async () => {
    const [near, far] = await socketPair();
    const task = vi.fn<() => void>();
    const timer = systemClock.after(40, task);
    far.once('data', () => systemClock.cancel(timer));
    near.write('x');
    standStill(400);
    await once(far, 'data');
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(task).not.toHaveBeenCalled();
  });

  test('begins anew where what has arrived says so', async () => {
    const [near, far] = await socketPair();
    const fired = Promise.withResolvers<number>();
    const timer = systemClock.after(200, () => fired.resolve(performance.now()));
    let readAt = Number.POSITIVE_INFINITY;
    far.once('data', () => {
      timer.refresh();
      readAt = performance.now();
    });
    near.write('x');
    standStill(500);
    expect((await fired.promise) - readAt).toBeGreaterThan(198);
  });

  test('gives back the time that was lost, once, and no more than a second', async () => {
    const at = async (ms: number, stillMs: number): Promise<number> => {
      const fired = Promise.withResolvers<number>();
      systemClock.after(ms, () => fired.resolve(performance.now()));
      standStill(stillMs);
      const wentOnAt = performance.now();
      return (await fired.promise) - wentOnAt;
    };
    expect(await at(300, 500)).toBeGreaterThan(190);
    expect(await at(5, 300)).toBeGreaterThan(280);
    expect(await at(100, 3_000)).toBeLessThan(2_500);
  });
});

describe('a timer', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('runs once, in time, and again only where it is refreshed', async () => {
    const task = vi.fn<() => void>();
    const timer = systemClock.after(100, task);
    await pass(99);
    expect(task).not.toHaveBeenCalled();
    await pass(2);
    expect(task).toHaveBeenCalledOnce();
    await pass(1_000);
    expect(task).toHaveBeenCalledOnce();
    timer.refresh();
    await pass(101);
    expect(task).toHaveBeenCalledTimes(2);
  });

  test('does not run once it was cancelled, and nothing is nothing to cancel', async () => {
    const task = vi.fn<() => void>();
    systemClock.cancel(systemClock.after(100, task));
    systemClock.cancel(undefined);
    await pass(1_000);
    expect(task).not.toHaveBeenCalled();
  });
});
