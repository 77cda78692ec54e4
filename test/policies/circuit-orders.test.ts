import { describe, expect, test } from 'vitest';
import { answering, aRequest, codeOf, failure } from '../helpers/call.ts';
import { breakerOn, circuitOf, open } from '../helpers/circuit.ts';
import { pass, useFakeTime } from '../helpers/time.ts';

useFakeTime();

describe('a circuit that is held', () => {
  test('open lets nothing through, however healthy the upstream is, until it is handed back', async () => {
    const circuit = circuitOf();
    const told: string[] = [];
    circuit.onChange((state) => told.push(state));
    const call = breakerOn(circuit)(answering(200));
    circuit.force('open');
    await pass(3_600_000);
    expect(() => circuit.check()).toThrow('forced the circuit open');
    expect(await codeOf(call(aRequest()))).toBe('GW_CIRCUIT_OPEN');
    circuit.force(undefined);
    expect(await codeOf(call(aRequest()))).toBe('fulfilled');
    expect([circuit.state, told]).toEqual(['closed', ['forced-open', 'closed']]);
  });

  test('closed lets everything through, and counts nothing', async () => {
    const circuit = circuitOf();
    await open(circuit);
    circuit.force('closed');
    expect(circuit.state).toBe('forced-closed');
    const call = breakerOn(circuit)(answering(failure('GW_UPSTREAM_RESET')));
    for (let i = 0; i < 10; i++) expect(await codeOf(call(aRequest()))).toBe('GW_UPSTREAM_RESET');
    await pass(0);
    expect(circuit.state).toBe('forced-closed');
  });

  test('closed returns to its state when it is handed back', async () => {
    const circuit = circuitOf();
    await open(circuit);
    circuit.force('closed');
    circuit.force(undefined);
    expect(circuit.state).toBe('open');
    expect(() => circuit.check()).toThrow('it keeps failing');
  });

  test('one way may be held the other way directly, and repeating an order changes nothing', () => {
    const circuit = circuitOf();
    circuit.force('open');
    circuit.force('open');
    circuit.force('closed');
    expect(circuit.state).toBe('forced-closed');
    circuit.force('open');
    expect(circuit.state).toBe('forced-open');
    circuit.force(undefined);
    expect(circuit.state).toBe('closed');
  });

  test('drops the outcomes of earlier calls', async () => {
    const circuit = circuitOf();
    const permits = [circuit.enter(), circuit.enter(), circuit.enter()];
    circuit.force('closed');
    circuit.force(undefined);
    for (const permit of permits) permit.fail(new Error('late'));
    await pass(0);
    expect(circuit.state).toBe('closed');
  });
});

describe('an open circuit that is tried at once', () => {
  test('lets the next call through as a probe, and no more', async () => {
    const circuit = circuitOf();
    await open(circuit);
    circuit.tryNow();
    circuit.check();
    const probe = circuit.enter();
    expect(circuit.state).toBe('half-open');
    expect(() => circuit.enter()).toThrow('it is being probed');
    probe.succeed();
    await pass(0);
    expect(circuit.state).toBe('closed');
  });

  test('opens for longer if that probe fails', async () => {
    const circuit = circuitOf();
    await open(circuit);
    circuit.tryNow();
    circuit.enter().fail(new Error('still down'));
    await pass(1_999);
    expect(() => circuit.check()).toThrow('it keeps failing');
    await pass(1);
    circuit.check();
  });

  test('is left alone if it is not open', () => {
    const circuit = circuitOf();
    circuit.tryNow();
    circuit.enter().succeed();
    expect(circuit.state).toBe('closed');
  });
});
