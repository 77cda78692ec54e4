/** An operation as clients see it: what was done, what was undone, and how it ended. */
import type { Operation, OperationDetail } from './engine.ts';
import { withoutSeals } from './seals.ts';
import { attemptsOf, type History, isDone, type UndoItem, unknownSince } from './history.ts';

interface StepView {
  readonly name: string;
  /** `pending`: not begun. `undone`, `undoing`: after a failure. */
  readonly outcome: 'pending' | 'done' | 'failed' | 'unknown' | 'undoing' | 'undone';
  readonly attempts: number;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** Without what a list leaves out: steps, their answers, results. */
export function summaryOf(operation: Operation): Readonly<Record<string, unknown>> {
  const { id, kind, name, version, status, reason, createdAt, updatedAt, endedAt } = operation;
  return {
    id,
    kind,
    name,
    version,
    status,
    ...(reason !== undefined && { failureReason: reason }),
    startedAt: isoOf(createdAt),
    updatedAt: isoOf(updatedAt),
    ...(endedAt !== undefined && { endedAt: isoOf(endedAt) }),
  };
}

/** @param withContext with the answers that were kept, which may hold what only operators should see */
export function resourceOf(
  { operation, history }: OperationDetail,
  withContext: boolean,
): Readonly<Record<string, unknown>> {
  const { steps, kind, isCancelled, run, status, step } = operation;
  const undone = steps.filter((name) => isUndone(history, name));
  const result = kind === 'command' ? attemptsOf(history, steps[0]!).at(-1)?.kept : undefined;
  return {
    ...summaryOf(operation),
    currentStepIndex: currentStep(operation, history),
    completedSteps: steps.filter((name) => isDone(history, name)),
    compensatedSteps: undone.toReversed(),
    steps: steps.map((name) => stepView(history, name)),
    ...(isCancelled && { cancelRequested: true }),
    ...(run > 1 && { run }),
    ...(status === 'stuck' && { stuckStep: step }),
    ...(result !== undefined && { result: JSON.parse(result) as unknown }),
    ...(withContext && { context: contextOf(history) }),
  };
}

/** Forward, the first that is not done; the number of steps once all are. */
function currentStep({ steps }: Operation, history: History): number {
  const at = steps.findIndex((name) => !isDone(history, name));
  return at < 0 ? steps.length : at;
}

const undosOf = (history: History, step: string): readonly UndoItem[] =>
  history.filter((item) => item.kind === 'undo' && item.step === step) as UndoItem[];

function isUndone(history: History, step: string): boolean {
  const last = undosOf(history, step).at(-1)?.outcome;
  const isSkipped = history.some(
    (item) => item.kind === 'order' && item.order === 'skip' && item.step === step,
  );
  return isSkipped || last === 'done' || last === 'nothing';
}

function stepView(history: History, name: string): StepView {
  const attempts = attemptsOf(history, name);
  const undos = undosOf(history, name);
  const [first] = attempts;
  const last = undos.at(-1) ?? attempts.at(-1);
  return {
    name,
    outcome: outcomeOf(history, name, undos.length > 0),
    attempts: attempts.length,
    ...(first !== undefined && { startedAt: isoOf(first.startedAt) }),
    ...(last !== undefined && { endedAt: isoOf(last.endedAt) }),
  };
}

function outcomeOf(history: History, name: string, isTurned: boolean): StepView['outcome'] {
  if (isUndone(history, name)) return 'undone';
  if (isTurned) return 'undoing';
  if (isDone(history, name)) return 'done';
  if (unknownSince(history, name) !== undefined) return 'unknown';
  return attemptsOf(history, name).length === 0 ? 'pending' : 'failed';
}

function contextOf(history: History): Readonly<Record<string, unknown>> {
  const kept = history.flatMap((item) =>
    item.kind === 'attempt' && item.kept !== undefined
      ? [[item.step, withoutSeals(JSON.parse(item.kept))] as const]
      : [],
  );
  return Object.fromEntries(kept);
}
