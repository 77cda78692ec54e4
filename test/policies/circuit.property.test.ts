/** The rules of every circuit gate, whatever calls do and however late they report. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Circuit } from '../../src/policies/circuit.ts';
import { CurrentCircuit } from '../../src/policies/current-circuit.ts';
import { consecutiveFailures, FailureRatio } from '../../src/policies/failure-window.ts';
import type { CircuitGate, Permit } from '../../src/policies/permit.ts';
import { type ManualClock, manualClock } from '../helpers/clock.ts';

const PROBES = 2;
const OPEN_MS = 1_000;

interface Seen {
  readonly gate: CircuitGate;
  readonly circuit: () => Circuit;
}

const circuitOn = (clock: ManualClock, isRatio: boolean): Circuit =>
  new Circuit({
    breaker: isRatio
      ? new FailureRatio({ ratio: 0.5, minimum: 4, windowMs: 10_000, clock })
      : consecutiveFailures(3),
    openMs: OPEN_MS,
    probes: PROBES,
    random: () => 0,
    clock,
  });

const KINDS: readonly (readonly [name: string, make: (clock: ManualClock) => Seen])[] = [
  [
    'by failures in a row',
    (clock) => {
      const circuit = circuitOn(clock, false);
      return { gate: circuit, circuit: () => circuit };
    },
  ],
  [
    'by their share',
    (clock) => {
      const circuit = circuitOn(clock, true);
      return { gate: circuit, circuit: () => circuit };
    },
  ],
  [
    'that takes the place of another',
    (clock) => {
      const gate = new CurrentCircuit(() => undefined);
      gate.replace(circuitOn(clock, true));
      gate.replace(circuitOn(clock, false));
      return { gate, circuit: () => gate.circuit! };
    },
  ],
];

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ does: 'enter' } as const) },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('tell' as const),
      who: fc.nat(20),
      what: fc.constantFrom(
        'succeed' as const,
        'fail' as const,
        'fail' as const,
        'forget' as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.nat(2 * OPEN_MS) }),
  },
);

interface Held {
  readonly permit: Permit;
  readonly epoch: number;
}

/** cockatiel changes its state a few microtasks later. */
const told = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function refuses(ask: () => unknown): boolean {
  try {
    ask();
    return false;
  } catch {
    return true;
  }
}

describe.each(KINDS)('a circuit %s', (_name, make) => {
  test('lets through all calls or only its probes, and ignores outcomes of earlier states', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = manualClock();
        const { gate, circuit } = make(clock);
        const held: Held[] = [];
        for (const each of steps) {
          const { state, epoch } = circuit();
          if (each.does === 'wait') clock.advance(each.ms);
          else if (each.does === 'enter') {
            const isRefused = refuses(() => gate.check());
            if (state === 'closed') expect(isRefused).toBe(false);
            const mayNot = refuses(() => {
              const permit = gate.enter();
              held.push({ permit, epoch: circuit().epoch });
            });
            expect(mayNot).toBe(isRefused);
          } else {
            const [one] = held.splice(each.who, 1);
            if (each.what === 'fail') one?.permit.fail(new Error('down'));
            else one?.permit[each.what]();
            await told();
            if (one !== undefined && one.epoch !== epoch) {
              expect([circuit().state, circuit().epoch]).toEqual([state, epoch]);
            }
          }
          const now = circuit();
          const probes = held.filter((one) => one.permit.isProbe && one.epoch === now.epoch);
          expect(probes.length).toBeLessThanOrEqual(now.state === 'half-open' ? PROBES : 0);
        }
      }),
      { numRuns: 150 },
    );
  });
});
