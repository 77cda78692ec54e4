/** Sagas and histories as tests write them. */
import type { SagaDefinition, StepConfig } from '../../src/config/build/saga-config.ts';
import type { History, Item, Outcome } from '../../src/operations/history.ts';
import { next, type Next } from '../../src/operations/next.ts';

const CALL = { upstream: 'up', method: 'POST', path: '/' };

export const stepOf = (name: string, more: Partial<StepConfig> = {}): StepConfig => ({
  name,
  call: CALL,
  timeoutMs: 30_000,
  attempts: 3,
  backoffMs: 1_000,
  undo: CALL,
  undoUnknown: true,
  pivot: false,
  ...more,
});

/** A step that has nothing to undo. */
export function lastStep(name: string): StepConfig {
  const { undo: _none, ...step } = stepOf(name);
  return step;
}

export const sagaOf = (...steps: readonly StepConfig[]): SagaDefinition => ({
  kind: 'saga',
  name: 'fulfilment',
  deadlineMs: 3_600_000,
  undo: { attempts: 3, backoffMs: 1_000, timeoutMs: 30_000, settleMs: 30_000 },
  steps,
});

/** Reserve, charge, ship, confirm. */
export const FULFILMENT = sagaOf(
  stepOf('reserve'),
  stepOf('charge'),
  stepOf('ship'),
  lastStep('confirm'),
);

export interface World {
  /** How a call ends. */
  readonly call: (step: string, attempt: number) => Outcome;
  readonly undo: (step: string, attempt: number) => 'done' | 'nothing' | 'failed';
  /** Whether a call is never made, and whether an earlier life had begun it. */
  readonly halt?: (step: string, attempt: number) => { readonly isUnknown: boolean } | undefined;
}

export interface Ran {
  readonly history: History;
  readonly end: Extract<Next, { do: 'end' }>;
  /** What was done, in a word each. */
  readonly told: readonly string[];
}

/** What the rules make of a world in which each call takes a second. */
export function ran(definition: SagaDefinition, world: World, before: History = []): Ran {
  const history: Item[] = [...before];
  const told: string[] = [];
  let now = 1_000_000;
  for (let turns = 0; turns < 10_000; turns++) {
    const wanted = next(definition, history);
    if (wanted.do === 'end') return { history, end: wanted, told };
    if (wanted.do === 'turn') {
      history.push({ kind: 'turn', step: wanted.step, why: wanted.why, at: now });
      continue;
    }
    now += wanted.waitMs;
    const times = { startedAt: now, endedAt: now + 1_000, waitMs: 100 };
    const { step, attempt } = wanted;
    const { name } = step;
    if (wanted.do === 'undo') {
      const outcome = world.undo(name, attempt);
      history.push({ kind: 'undo', step: name, attempt, outcome, ...times });
      told.push(`undo ${name}`);
    } else {
      const halt = wanted.isCommitted ? undefined : world.halt?.(name, attempt);
      if (halt === undefined) {
        const outcome = world.call(name, attempt);
        history.push({ kind: 'attempt', step: name, attempt, outcome, ...times });
        told.push(name);
      } else history.push({ kind: 'halt', step: name, why: 'cancelled', at: now, ...halt });
    }
    now += 1_000;
  }
  throw new Error('it never ends');
}
