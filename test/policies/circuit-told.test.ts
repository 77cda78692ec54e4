import { describe, expect, test } from 'vitest';
import { systemClock as clock } from '../../src/core/clock.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { Circuit, type CircuitChange } from '../../src/policies/circuit.ts';
import { describeFailure, TOO_SLOW } from '../../src/policies/failure.ts';
import { consecutiveFailures } from '../../src/policies/failure-window.ts';
import { pass, useFakeTime } from '../helpers/time.ts';

useFakeTime();

type Told = CircuitChange & { readonly state: string };

/** A circuit that opens for a second at the first failure, and the changes it reported. */
function world(): { circuit: Circuit; told: Told[] } {
  const told: Told[] = [];
  const options = { openMs: 1_000, probes: 1, random: () => 0, clock };
  const circuit = new Circuit({ breaker: consecutiveFailures(1), ...options });
  circuit.onChange((state, change) => told.push({ state, ...change }));
  return { circuit, told };
}

describe('a circuit’s report of a change', () => {
  test('says why it opens and for how long, and how long it was in the previous state', async () => {
    const { circuit, told } = world();
    await pass(400);
    circuit.enter().fail({ status: 503 });
    await pass(0);
    expect(told).toEqual([{ state: 'open', why: 'status 503', forMs: 1_000, afterMs: 400 }]);
  });

  test('says why a probe failed, and the longer time that follows', async () => {
    const { circuit, told } = world();
    circuit.enter().fail({ status: 503 });
    await pass(1_000);
    circuit.enter().fail(new GatewayError('GW_UPSTREAM_TIMEOUT', 'no answer'));
    await pass(0);
    expect(told.map(({ state, why, forMs }) => [state, why, forMs])).toEqual([
      ['open', 'status 503', 1_000],
      ['half-open', 'status 503', undefined],
      ['open', 'GW_UPSTREAM_TIMEOUT', 2_000],
    ]);
  });

  test('has only the time once calls succeed again', async () => {
    const { circuit, told } = world();
    circuit.enter().fail({ status: 503 });
    await pass(1_000);
    circuit.enter().succeed();
    await pass(0);
    expect(told.at(-1)).toEqual({ state: 'closed', afterMs: expect.any(Number) as unknown });
    expect(circuit.why).toBeUndefined();
  });

  test('says that an operator holds it', () => {
    const { circuit, told } = world();
    circuit.force('open');
    expect(told.at(-1)).toMatchObject({ state: 'forced-open', why: 'an operator holds it' });
  });

  test('says how long it has been in its state', async () => {
    const { circuit } = world();
    await pass(300);
    expect(circuit.stateMs).toBe(300);
    circuit.enter().fail({ status: 500 });
    await pass(200);
    expect([circuit.stateMs, circuit.why]).toEqual([200, 'status 500']);
  });
});

test.each([
  [{ status: 502 }, 'status 502'],
  [TOO_SLOW, 'too slow'],
  [
    new GatewayError('GW_UPSTREAM_CONNECT', 'x', { cause: { code: 'ECONNREFUSED' } }),
    'GW_UPSTREAM_CONNECT (ECONNREFUSED)',
  ],
  [new Error('x'), 'a failure'],
])('the failure %j is %s', (failure, words) => {
  expect(describeFailure(failure)).toBe(words);
});
