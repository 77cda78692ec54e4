/**
 * The rules of sagas, as one pure function: what to do next, given what was recorded. An engine does that,
 * records it, and asks again.
 *
 * Forward, step by step; from the first failure on, back: first the failed step if it may have happened, then the
 * completed ones, last one first. An undo that keeps failing ends the run as `stuck`, and nothing before it
 * is undone: the order is the promise.
 */
import type { SagaDefinition, StepConfig, UndoRules } from '../config/build/saga-config.ts';
import {
  attemptsOf,
  type History,
  isDone,
  type TurnItem,
  type UndoItem,
  unknownSince,
} from './history.ts';

export type EndStatus = 'completed' | 'failed' | 'stuck';

export type Next =
  | {
      readonly do: 'call';
      readonly step: StepConfig;
      readonly attempt: number;
      readonly waitMs: number;
      /** When the step's time is over; absent: it begins with this attempt. */
      readonly endsAt?: number;
      /** A pivot is done: neither a cancel nor a deadline ends this any more. */
      readonly isCommitted: boolean;
    }
  | { readonly do: 'turn'; readonly step: string; readonly why: string }
  | {
      readonly do: 'undo';
      readonly step: StepConfig;
      readonly attempt: number;
      readonly waitMs: number;
      /**
       * Above 1 after an answer that there was nothing to undo yet: the upstream may have kept that answer under
       * the key, so the next one needs another.
       */
      readonly keyed: number;
    }
  | {
      readonly do: 'end';
      readonly status: EndStatus;
      readonly why?: string;
      /** The step that is stuck. */
      readonly step?: string;
    };

export function next(definition: SagaDefinition, history: History): Next {
  const turn = history.find((item) => item.kind === 'turn');
  return turn === undefined ? forward(definition, history) : back(definition, history, turn);
}

function forward({ steps }: SagaDefinition, history: History): Next {
  const last = history.at(-1);
  if (last?.kind === 'halt') return { do: 'turn', step: last.step, why: last.why };
  let isCommitted = false;
  for (const step of steps) {
    if (!isDone(history, step.name)) return attempt(step, history, isCommitted);
    isCommitted ||= step.pivot;
  }
  return { do: 'end', status: 'completed' };
}

function attempt(step: StepConfig, history: History, isCommitted: boolean): Next {
  const made = attemptsOf(history, step.name);
  const [first] = made;
  const last = made.at(-1);
  const again = { do: 'call', step, attempt: made.length + 1, isCommitted } as const;
  if (first === undefined || last === undefined) return { ...again, waitMs: 0 };
  if (isCommitted) return { ...again, waitMs: last.waitMs };
  const endsAt = first.startedAt + step.timeoutMs;
  if (last.outcome === 'refused' || made.length >= step.attempts) {
    return { do: 'turn', step: step.name, why: last.why ?? 'failed' };
  }
  if (last.endedAt + last.waitMs >= endsAt) return { do: 'turn', step: step.name, why: 'timeout' };
  return { ...again, waitMs: last.waitMs, endsAt };
}

function back(definition: SagaDefinition, history: History, turn: TurnItem): Next {
  for (const step of toUndo(definition, history)) {
    const wanted = undo(step, definition.undo, history);
    if (wanted !== undefined) return wanted;
  }
  return { do: 'end', status: 'failed', why: turn.why };
}

/** The steps that were or may have been done and have an undo, the last one first. */
export function toUndo({ steps }: SagaDefinition, history: History): readonly StepConfig[] {
  return steps
    .filter(
      ({ name, undo: call, undoUnknown }) =>
        call !== undefined &&
        (isDone(history, name) || (undoUnknown && unknownSince(history, name) !== undefined)),
    )
    .toReversed();
}

/** `undefined`: it is undone. */
function undo(step: StepConfig, rules: UndoRules, history: History): Next | undefined {
  const { name } = step;
  const orderedAt = history.findLastIndex((item) => item.kind === 'order' && item.step === name);
  const order = history[orderedAt];
  if (order?.kind === 'order' && order.order === 'skip') return undefined;
  const isUndo = (item: History[number]): item is UndoItem =>
    item.kind === 'undo' && item.step === name;
  const made = history.filter(isUndo);
  const last = made.at(-1);
  const keyed = 1 + made.filter(({ outcome }) => outcome === 'nothing').length;
  const again = { do: 'undo', step, attempt: made.length + 1, keyed } as const;
  if (last === undefined) return { ...again, waitMs: 0 };
  if (last.outcome === 'done') return undefined;
  if (last.outcome === 'nothing') {
    const since = unknownSince(history, name);
    // What may still arrive would be done after its undo.
    if (since === undefined || last.startedAt >= since + rules.settleMs) return undefined;
    return { ...again, waitMs: Math.max(0, since + rules.settleMs - last.endedAt) };
  }
  const inThisRun = history.slice(orderedAt + 1).filter(isUndo);
  const failed = inThisRun.filter(({ outcome }) => outcome === 'failed').length;
  if (failed === 0) return { ...again, waitMs: 0 };
  if (failed < rules.attempts) return { ...again, waitMs: last.waitMs };
  return { do: 'end', status: 'stuck', step: name, why: last.why ?? 'failed' };
}
