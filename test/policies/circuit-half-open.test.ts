import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Circuit, CircuitName } from '../../src/policies/circuit.ts';
import type { Permit } from '../../src/policies/permit.ts';
import { feed } from '../helpers/body.ts';
import { answering, aRequest, aResponse, codeOf, failure, hanging } from '../helpers/call.ts';
import { breakerOn, circuitOf, open, openThenWait } from '../helpers/circuit.ts';
import { pass, useFakeTime } from '../helpers/time.ts';

useFakeTime();
const broken = new Error('it failed');

/** The permits of the calls that get in; the others are shed. */
function enterAll(circuit: Circuit, wishes = 10): Permit[] {
  const permits: Permit[] = [];
  for (let i = 0; i < wishes; i++) {
    try {
      permits.push(circuit.enter());
    } catch (error) {
      expect(error).toMatchObject({ code: 'GW_CIRCUIT_OPEN' });
    }
  }
  return permits;
}

describe('a half-open circuit', () => {
  test.each([1, 3])('lets exactly %i probes through and sheds the rest', async (probes) => {
    const circuit = circuitOf({ probes });
    await openThenWait(circuit);
    expect(enterAll(circuit)).toHaveLength(probes);
    expect(enterAll(circuit)).toHaveLength(0);
    expect(() => circuit.check()).toThrow(expect.objectContaining({ code: 'GW_CIRCUIT_OPEN' }));
  });

  test('sheds calls at once: nobody waits for the probe', async () => {
    const circuit = circuitOf();
    await openThenWait(circuit);
    const call = breakerOn(circuit)(hanging);
    void codeOf(call(aRequest()));
    const outcomes = Array.from({ length: 100 }, () => codeOf(call(aRequest())));
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['GW_CIRCUIT_OPEN']));
  });

  test('closes when all probes have succeeded, not before', async () => {
    const circuit = circuitOf({ probes: 2 });
    await openThenWait(circuit);
    const [one, other] = enterAll(circuit);
    one!.succeed();
    await pass(0);
    expect(circuit.state).toBe('half-open');
    expect(enterAll(circuit)).toHaveLength(0);
    other!.succeed();
    await pass(0);
    expect(circuit.state).toBe('closed');
  });

  test('opens with the first probe that fails', async () => {
    const circuit = circuitOf({ probes: 2 });
    await openThenWait(circuit);
    const [one, other] = enterAll(circuit);
    one!.fail(broken);
    await pass(0);
    expect(circuit.state).toBe('open');
    other!.succeed();
    await pass(0);
    expect(circuit.state).toBe('open');
  });

  test('is not held half-open by a stream: the head decides', async () => {
    const circuit = circuitOf();
    await openThenWait(circuit);
    const { body } = feed();
    await breakerOn(circuit)(answering(aResponse({ body })))(aRequest());
    await pass(0);
    expect(circuit.state).toBe('closed');
    expect(body.isClosed).toBe(false);
  });
});

describe('a void probe', () => {
  test('gives its place to another call', async () => {
    const circuit = circuitOf();
    await openThenWait(circuit);
    circuit.enter().forget();
    await pass(0);
    const [next, ...others] = enterAll(circuit);
    expect(others).toEqual([]);
    next!.succeed();
    await pass(0);
    expect(circuit.state).toBe('closed');
  });

  test('is the result of a client that leaves', async () => {
    const circuit = circuitOf();
    await openThenWait(circuit);
    const left = answering(failure('GW_CLIENT_CLOSED'), 200);
    const call = breakerOn(circuit)(left);
    expect(await codeOf(call(aRequest()))).toBe('GW_CLIENT_CLOSED');
    await pass(0);
    expect(circuit.state).toBe('half-open');
    expect((await call(aRequest())).status).toBe(200);
    await pass(0);
    expect(circuit.state).toBe('closed');
  });

  test('changes no state, so calls that wait for a slot are not refused', async () => {
    const circuit = circuitOf();
    await openThenWait(circuit);
    const changes: CircuitName[] = [];
    circuit.onChange((state) => changes.push(state));
    for (let i = 0; i < 5; i++) {
      circuit.enter().forget();
      await pass(0);
    }
    expect(changes).toEqual(['half-open']);
  });

  test('does not affect the other probes', async () => {
    const circuit = circuitOf({ probes: 3 });
    await openThenWait(circuit);
    const [gone, one, other] = enterAll(circuit);
    gone!.forget();
    const [instead, ...more] = enterAll(circuit);
    expect(more).toEqual([]);
    for (const permit of [one, other, instead]) permit!.succeed();
    await pass(0);
    expect(circuit.state).toBe('closed');
  });

  test('does not lengthen the open time', async () => {
    const circuit = circuitOf();
    await openThenWait(circuit);
    for (let i = 0; i < 5; i++) circuit.enter().forget();
    circuit.enter().fail(broken);
    await pass(0);
    expect(circuit.refusal().options.retryAfterMs).toBe(2_000);
  });

  test('leaves no place to a later epoch', async () => {
    const circuit = circuitOf({ probes: 2 });
    await openThenWait(circuit);
    const [gone, bad] = enterAll(circuit);
    gone!.forget();
    bad!.fail(broken);
    await pass(2_000);
    const probes = enterAll(circuit);
    expect(probes).toHaveLength(2);
    for (const permit of probes) permit.succeed();
    await pass(0);
    expect(circuit.state).toBe('closed');
  });

  test('of an earlier epoch gives no place away', async () => {
    const circuit = circuitOf({ probes: 2 });
    await openThenWait(circuit);
    const [late, bad] = enterAll(circuit);
    bad!.fail(broken);
    await pass(2_000);
    expect(enterAll(circuit)).toHaveLength(2);
    late!.forget();
    expect(enterAll(circuit)).toHaveLength(0);
  });
});

describe('any history', () => {
  type Verb = 'enter' | 'succeed' | 'fail' | 'forget' | 'wait';
  const verbs = fc.array(
    fc.tuple(fc.constantFrom<Verb>('enter', 'succeed', 'fail', 'forget', 'wait'), fc.nat(9)),
    { maxLength: 60 },
  );

  test('has at most `probes` running calls that began half-open, and never gets stuck', async () => {
    vi.useFakeTimers();
    await fc.assert(
      fc.asyncProperty(verbs, fc.integer({ min: 1, max: 3 }), async (history, probes) => {
        const circuit = circuitOf({ probes });
        let held: { permit: Permit; epoch: number }[] = [];
        for (const [verb, which] of history) {
          if (verb === 'wait') await pass(1_000 * (which + 1));
          else if (verb === 'enter') {
            for (const permit of enterAll(circuit, 1)) held.push({ permit, epoch: circuit.epoch });
          } else if (held.length > 0) {
            const [chosen] = held.splice(which % held.length, 1);
            if (verb === 'fail') chosen!.permit.fail(broken);
            else chosen!.permit[verb]();
            await pass(0);
          }
          const current = held.filter(({ epoch }) => epoch === circuit.epoch);
          if (circuit.state === 'half-open') expect(current.length).toBeLessThanOrEqual(probes);
        }
        for (const { permit } of held) permit.forget();
        held = [];
        await pass(11_000);
        for (let i = 0; i < probes && circuit.state !== 'closed'; i++) {
          circuit.enter().succeed();
          await pass(0);
        }
        expect(circuit.state).toBe('closed');
        await open(circuit);
      }),
    );
  });
});
