import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isDone, type Item, unknownSince } from '../../src/operations/history.ts';
import { next } from '../../src/operations/next.ts';
import { lastStep, type Ran, ran, sagaOf, stepOf } from './sagas.ts';

const OUTCOMES = ['done', 'done', 'refused', 'notSent', 'unknown'] as const;
const UNDOS = ['done', 'done', 'nothing', 'failed'] as const;

/** A saga, and a world that decides by turns. */
const runs = fc
  .record({
    steps: fc.array(
      fc.record({
        hasUndo: fc.boolean(),
        undoUnknown: fc.boolean(),
        attempts: fc.integer({ min: 1, max: 4 }),
        pivot: fc.integer({ min: 0, max: 9 }).map((each) => each === 0),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    outcomes: fc.array(fc.constantFrom(...OUTCOMES), { minLength: 1, maxLength: 40 }),
    undos: fc.array(fc.constantFrom(...UNDOS), { minLength: 1, maxLength: 20 }),
    haltAt: fc.option(fc.integer({ min: 0, max: 12 }), { nil: -1 }),
    isUnknown: fc.boolean(),
  })
  .map(({ steps, outcomes, undos, haltAt, isUnknown }) => {
    const definition = sagaOf(
      ...steps.map(({ hasUndo, ...step }, i) => {
        return hasUndo ? stepOf(`s${i}`, step) : { ...lastStep(`s${i}`), ...step };
      }),
    );
    let [calls, undone] = [0, 0];
    const result: Ran = ran(definition, {
      // In the end everything succeeds, which is what a pivot waits for.
      call: () => outcomes[calls++] ?? 'done',
      undo: () => undos[undone++ % undos.length]!,
      halt: () => (calls === haltAt ? { isUnknown } : undefined),
    });
    return { definition, ...result };
  });

type Run = typeof runs extends fc.Arbitrary<infer T> ? T : never;

const undosOf = (history: readonly Item[]) => history.filter((item) => item.kind === 'undo');

describe('whatever the calls do', () => {
  const holds = (claim: (run: Run) => void): void =>
    fc.assert(
      fc.property(runs, (run) => {
        claim(run);
      }),
      { numRuns: 400 },
    );

  test('a saga ends', () => {
    holds(({ end }) => expect(['completed', 'failed', 'stuck']).toContain(end.status));
  });

  test('steps are undone in reverse order', () => {
    holds(({ definition, history }) => {
      const order = undosOf(history).map(({ step }) =>
        definition.steps.findIndex(({ name }) => name === step),
      );
      expect(order).toEqual(order.toSorted((a, b) => b - a));
    });
  });

  test('nothing is undone again once it is undone', () => {
    holds(({ history }) => {
      const done = undosOf(history).filter(({ outcome }) => outcome === 'done');
      expect(new Set(done.map(({ step }) => step)).size).toBe(done.length);
    });
  });

  test('nothing is undone that certainly was not done', () => {
    holds(({ history }) => {
      for (const { step } of undosOf(history)) {
        const may = isDone(history, step) || unknownSince(history, step) !== undefined;
        expect(may).toBe(true);
      }
    });
  });

  test('a completed saga has done all and undone nothing; a failed one has undone all that it may', () => {
    holds(({ definition, history, end }) => {
      const names = definition.steps.map(({ name }) => name);
      if (end.status === 'completed') {
        expect(names.every((name) => isDone(history, name))).toBe(true);
        expect(undosOf(history)).toEqual([]);
      }
      if (end.status !== 'failed') return;
      for (const { name, undo, undoUnknown } of definition.steps) {
        const isDue =
          isDone(history, name) || (undoUnknown && unknownSince(history, name) !== undefined);
        const isUndone = undosOf(history).some(
          ({ step, outcome }) => step === name && outcome !== 'failed',
        );
        expect(isUndone).toBe(isDue && undo !== undefined);
      }
    });
  });

  test('after a pivot nothing is undone', () => {
    holds(({ definition, history }) => {
      const pivot = definition.steps.find((step) => step.pivot && isDone(history, step.name));
      const turned = history.findIndex(({ kind }) => kind === 'turn');
      if (pivot !== undefined && turned < 0) expect(undosOf(history)).toEqual([]);
      if (pivot !== undefined) expect(turned).toBe(-1);
    });
  });

  test('the same history always leads to the same', () => {
    holds(({ definition, history }) => {
      for (let length = 0; length <= history.length; length++) {
        const before = history.slice(0, length);
        expect(next(definition, before)).toEqual(next(definition, structuredClone(before)));
      }
    });
  });
});
