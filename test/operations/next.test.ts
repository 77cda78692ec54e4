import { describe, expect, test } from 'vitest';
import { next } from '../../src/operations/next.ts';
import { FULFILMENT, lastStep, ran, sagaOf, stepOf } from './sagas.ts';

const done = () => 'done' as const;
/** Every call succeeds but those of `step`. */
const failing = (step: string, outcome: 'refused' | 'notSent' | 'unknown') => ({
  call: (name: string) => (name === step ? outcome : 'done'),
  undo: done,
});

describe('forward', () => {
  test('makes the calls in order, one after another', () => {
    const { told, end } = ran(FULFILMENT, { call: done, undo: done });
    expect(told).toEqual(['reserve', 'charge', 'ship', 'confirm']);
    expect(end).toEqual({ do: 'end', status: 'completed' });
  });

  test('never repeats what was refused', () => {
    const { told, end } = ran(FULFILMENT, failing('charge', 'refused'));
    expect(told).toEqual(['reserve', 'charge', 'undo reserve']);
    expect(end).toMatchObject({ status: 'failed' });
  });

  test('repeats what was not sent or is unknown, as often as the step says', () => {
    expect(ran(FULFILMENT, failing('reserve', 'notSent')).told).toEqual(Array(3).fill('reserve'));
  });

  test('begins no attempt after the time of the step', () => {
    const short = sagaOf(stepOf('slow', { timeoutMs: 2_000, attempts: 100 }));
    const { told, end } = ran(short, failing('slow', 'notSent'));
    expect(told).toEqual(['slow', 'slow']);
    expect(end).toMatchObject({ why: 'timeout' });
  });

  test('waits before a repetition as long as was recorded', () => {
    const item = { kind: 'attempt', step: 'reserve', attempt: 1, outcome: 'notSent' } as const;
    const history = [{ ...item, startedAt: 1_000, endedAt: 2_000, waitMs: 700 }];
    expect(next(FULFILMENT, history)).toMatchObject({
      do: 'call',
      attempt: 2,
      waitMs: 700,
      endsAt: 31_000,
    });
  });
});

describe('back', () => {
  test('undoes the completed steps, the last one first', () => {
    const { told } = ran(FULFILMENT, failing('confirm', 'refused'));
    expect(told.slice(4)).toEqual(['undo ship', 'undo charge', 'undo reserve']);
  });

  test('undoes a failed step first if any attempt of it may have happened', () => {
    const { told } = ran(FULFILMENT, {
      call: (name, attempt) => (name !== 'charge' ? 'done' : attempt === 1 ? 'unknown' : 'refused'),
      undo: done,
    });
    expect(told).toEqual(['reserve', 'charge', 'charge', 'undo charge', 'undo reserve']);
  });

  test('leaves an unknown step alone where the saga says so', () => {
    const saga = sagaOf(stepOf('reserve'), stepOf('charge', { undoUnknown: false }));
    const { told } = ran(saga, failing('charge', 'unknown'));
    expect(told.slice(-1)).toEqual(['undo reserve']);
    expect(told).not.toContain('undo charge');
  });

  test('undoes what a dead engine may have begun when it is cancelled there', () => {
    const cancelled = (isUnknown: boolean) => ({
      call: done,
      undo: done,
      halt: (name: string) => (name === 'charge' ? { isUnknown } : undefined),
    });
    expect(ran(FULFILMENT, cancelled(true)).told).toEqual([
      'reserve',
      'undo charge',
      'undo reserve',
    ]);
    expect(ran(FULFILMENT, cancelled(false)).told).toEqual(['reserve', 'undo reserve']);
  });

  test('believes that there is nothing to undo, of a done step at once', () => {
    const { told, end } = ran(FULFILMENT, { ...failing('ship', 'refused'), undo: () => 'nothing' });
    expect(told.slice(-2)).toEqual(['undo charge', 'undo reserve']);
    expect(end).toMatchObject({ status: 'failed' });
  });

  test('asks again, by another key, once a call that was under way must have arrived', () => {
    const { history } = ran(FULFILMENT, {
      ...failing('charge', 'unknown'),
      undo: (name) => (name === 'charge' ? 'nothing' : 'done'),
    });
    const last = history.findLast((item) => item.kind === 'attempt')!;
    const undos = history.filter((item) => item.kind === 'undo' && item.step === 'charge');
    expect(undos).toHaveLength(2);
    const again = undos[1]! as { startedAt: number };
    expect(again.startedAt - (last as { startedAt: number }).startedAt).toBe(30_000);
    const before = history.slice(0, history.indexOf(undos[1]!));
    expect(next(FULFILMENT, before)).toMatchObject({ do: 'undo', keyed: 2 });
  });

  test('ends as stuck after the last attempt of an undo, and leaves the steps before it', () => {
    const { told, end } = ran(FULFILMENT, {
      ...failing('ship', 'refused'),
      undo: (name) => (name === 'charge' ? 'failed' : 'done'),
    });
    expect(told.slice(3)).toEqual(Array(3).fill('undo charge'));
    expect(end).toMatchObject({ status: 'stuck', step: 'charge' });
  });

  const stuck = () =>
    ran(FULFILMENT, {
      ...failing('ship', 'refused'),
      undo: (name) => (name === 'charge' ? 'failed' : 'done'),
    });
  const order = { kind: 'order', step: 'charge', by: 'ops', reason: 'fixed', at: 1 } as const;

  test('goes on from there when an operator has it retried', () => {
    const { history } = stuck();
    const world = { call: done, undo: done };
    const after = ran(FULFILMENT, world, [...history, { ...order, order: 'retry' }]);
    expect(after.told).toEqual(['undo charge', 'undo reserve']);
    expect(after.end).toMatchObject({ status: 'failed' });
  });

  test('takes a step for undone that an operator skips', () => {
    const { history } = stuck();
    const world = { call: done, undo: done };
    const after = ran(FULFILMENT, world, [...history, { ...order, order: 'skip' }]);
    expect(after.told).toEqual(['undo reserve']);
  });
});

describe('after a pivot', () => {
  const saga = sagaOf(stepOf('charge', { pivot: true }), lastStep('confirm'));

  test('a step is repeated until it succeeds, and nothing is undone', () => {
    const { told, end } = ran(saga, {
      call: (name, attempt) => (name === 'confirm' && attempt < 50 ? 'refused' : 'done'),
      undo: done,
      halt: (name) => (name === 'confirm' ? { isUnknown: false } : undefined),
    });
    expect(told).toHaveLength(51);
    expect(end).toMatchObject({ status: 'completed' });
  });

  test('the pivot itself may fail like any step', () => {
    expect(ran(saga, failing('charge', 'unknown')).told.at(-1)).toBe('undo charge');
  });
});
