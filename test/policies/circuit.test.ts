import { describe, expect, test, vi } from 'vitest';
import type { CircuitName } from '../../src/policies/circuit.ts';
import { circuitOf, open, openThenWait, ratioOf } from '../helpers/circuit.ts';
import { pass, useFakeTime } from '../helpers/time.ts';

useFakeTime();
const broken = new Error('it failed');

/** How long the circuit stays open, to 10 ms. */
async function openTime(circuit: ReturnType<typeof circuitOf>): Promise<number> {
  for (let ms = 0; ms <= 60_000; ms += 10) {
    try {
      circuit.check();
      return ms;
    } catch {
      await pass(10);
    }
  }
  throw new Error('it never tries again');
}

describe('a circuit', () => {
  test('goes closed, open, half-open, closed, and tells its listeners', async () => {
    const circuit = circuitOf();
    const changes: CircuitName[] = [];
    circuit.onChange((state) => changes.push(state));

    await openThenWait(circuit);
    circuit.enter().succeed();
    await pass(0);

    expect(changes).toEqual(['open', 'half-open', 'closed']);
    expect(circuit.state).toBe('closed');
  });

  test('has a new epoch with each change', async () => {
    const circuit = circuitOf();
    const first = circuit.epoch;
    await open(circuit);
    expect(circuit.epoch).toBe(first + 1);
  });

  test('ignores late outcomes from an earlier epoch', async () => {
    const circuit = circuitOf();
    const early = [circuit.enter(), circuit.enter(), circuit.enter(), circuit.enter()];
    await openThenWait(circuit);
    const probe = circuit.enter();

    early[0]!.succeed();
    early[1]!.fail(broken);
    early[2]!.forget();
    await pass(0);
    expect(circuit.state).toBe('half-open');

    probe.succeed();
    await pass(0);
    early[3]!.fail(broken);
    await pass(0);
    expect(circuit.state).toBe('closed');
  });

  test('does not count a success of an earlier epoch', async () => {
    const circuit = circuitOf();
    const early = circuit.enter();
    await openThenWait(circuit);
    circuit.enter().succeed();
    await pass(0);

    circuit.enter().fail(broken);
    circuit.enter().fail(broken);
    early.succeed();
    await pass(0);
    circuit.enter().fail(broken);
    await pass(0);
    expect(circuit.state).toBe('open');
  });

  test('forgets failures from before it closed', async () => {
    const circuit = circuitOf({ breaker: ratioOf({ minimum: 2 }) });
    await openThenWait(circuit);
    circuit.enter().succeed();
    await pass(0);
    circuit.enter().succeed();
    circuit.enter().fail(broken);
    await pass(0);
    expect(circuit.state).toBe('closed');
  });

  test('causes no unhandled rejection', async () => {
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    const circuit = circuitOf();
    circuit.enter().fail(broken);
    circuit.enter().forget();
    circuit.addFailure(broken, circuit.epoch);
    vi.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('the open time', () => {
  test('doubles with each failed probe, up to ten times the first', async () => {
    const circuit = circuitOf();
    await open(circuit);
    const times: number[] = [];
    for (let i = 0; i < 6; i++) {
      times.push(await openTime(circuit));
      circuit.enter().fail(broken);
      await pass(0);
    }
    expect(times).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  test('starts again at the first once the circuit has closed', async () => {
    const circuit = circuitOf();
    await open(circuit);
    for (let i = 0; i < 3; i++) {
      await openTime(circuit);
      circuit.enter().fail(broken);
      await pass(0);
    }
    await openTime(circuit);
    circuit.enter().succeed();
    await pass(0);
    await open(circuit);
    expect(await openTime(circuit)).toBe(1_000);
  });

  test('has jitter of up to a tenth', async () => {
    const circuit = circuitOf({ random: () => 0.5 });
    await open(circuit);
    expect(await openTime(circuit)).toBe(1_050);
  });

  test('is sent to shed calls, at least a second', async () => {
    const circuit = circuitOf({ openMs: 5_000 });
    await open(circuit);
    expect(circuit.refusal().options.retryAfterMs).toBe(5_000);
    await pass(4_800);
    expect(circuit.refusal().options.retryAfterMs).toBe(1_000);
  });
});

describe('setting the wall clock', () => {
  test.each([
    ['back by an hour', -3_600_000],
    ['forward by an hour', 3_600_000],
  ])('%s does not change the open time', async (_name, ms) => {
    const circuit = circuitOf();
    await open(circuit);
    vi.setSystemTime(Date.now() + ms);
    await pass(900);
    expect(() => circuit.check()).toThrow(/keeps failing/);
    expect(() => circuit.enter()).toThrow(/keeps failing/);
    await pass(100);
    circuit.check();
    expect(circuit.enter().isProbe).toBe(true);
  });
});
