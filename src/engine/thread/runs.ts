/**
 * One run of an operation: asks `next` what to do, does it, has it recorded, and asks again.
 *
 * What is recorded decides all that follows, so a run that another engine takes over goes on where it was. A failure is
 * an outcome and is recorded like any other; all that is thrown here is that another engine has the run by now. A store that is
 * away is waited for: nothing is called before the last record is written.
 */
import { DBOS, DBOSWorkflowConflictError } from '@dbos-inc/dbos-sdk';
import type { SagaDefinition, StepConfig } from '../../config/build/saga-config.ts';
import type {
  CallOrder,
  CallResult,
  EngineEvent,
  RunTrace,
  Starter,
} from '../../operations/engine.ts';
import type { AttemptItem, HaltItem, History, Item, UndoItem } from '../../operations/history.ts';
import { stepKey, undoKey } from '../../operations/ids.ts';
import { next, type Next } from '../../operations/next.ts';
import { undoOutcome } from '../../operations/outcome.ts';
import { type Backoff, waitBefore } from './backoff.ts';
import type { Operations } from './operations.ts';

/** All that a run needs to know; stored by the engine. */
export interface Job {
  readonly id: string;
  readonly run: number;
  readonly definition: SagaDefinition;
  readonly starter: Starter;
  /** JSON. */
  readonly input: string;
  /** Of earlier runs. */
  readonly before: History;
  readonly trace?: RunTrace | undefined;
}

export interface RunWorld {
  readonly operations: Operations;
  /** The gateway makes the call. */
  readonly perform: (order: CallOrder) => Promise<CallResult>;
  readonly tell: (event: EngineEvent) => void;
  /** Resolves when a call may begin, which is never once the engine stops. */
  readonly gate: () => Promise<void>;
  /** A run waits for long, and need not be waited for. */
  readonly asleep: (waiting: Promise<void>) => Promise<void>;
  /** Repeats what the store refuses until it does not. */
  readonly insist: <T>(ask: () => Promise<T>) => Promise<T>;
  readonly random: () => number;
  /** A named point at which a test may have the engine die. */
  readonly pass: (point: string) => void;
}

/** Longer waits survive a crash; shorter ones are not worth a record. */
const SHORT_MS = 1_000;

export async function runOperation(job: Job, world: RunWorld): Promise<void> {
  const history: Item[] = [...job.before];
  for (;;) {
    const wanted = next(job.definition, history);
    if ('waitMs' in wanted && wanted.waitMs > SHORT_MS) {
      await world.asleep(DBOS.sleep(wanted.waitMs));
    }
    const name = nameOf(wanted);
    const item = await DBOS.runStep(() => doing(wanted, job, history, world), { name });
    world.pass(`record:${name}`);
    if (item === null) return;
    history.push(item);
  }
}

/** Of the record. */
function nameOf(wanted: Next): string {
  switch (wanted.do) {
    case 'call':
      return `${wanted.step.name}#${wanted.attempt}`;
    case 'undo':
      return `undo:${wanted.step.name}#${wanted.attempt}`;
    case 'turn':
    case 'end':
      return wanted.do;
  }
}

/** @returns what is to be recorded; `null` at the end */
async function doing(
  wanted: Next,
  job: Job,
  history: History,
  world: RunWorld,
): Promise<Item | null> {
  switch (wanted.do) {
    case 'call':
      return calling(wanted, job, history, world);
    case 'undo':
      return undoing(wanted, job, history, world);
    case 'turn':
      return turning(wanted, job, world);
    case 'end':
      await ending(wanted, job, world);
      return null;
  }
}

const aboutRun = ({ id, run, definition: { kind, name } }: Job) => ({ id, run, kind, name });

const begunBy = ({ id, run }: Job, { name }: StepConfig, point: string) => ({
  id,
  run,
  step: name,
  calling: point,
});

async function calling(
  wanted: Extract<Next, { do: 'call' }>,
  job: Job,
  history: History,
  world: RunWorld,
): Promise<AttemptItem | HaltItem> {
  const { step, attempt, isCommitted, endsAt } = wanted;
  await paused(wanted.waitMs);
  await world.gate();
  const point = nameOf(wanted);
  const bounds = { deadlineMs: job.definition.deadlineMs, endsAt };
  const begun = await world.insist(() =>
    world.operations.begin({
      ...begunBy(job, step, point),
      ...(!isCommitted && { bounds }),
    }),
  );
  const { now, isRepeated, halt, cancel } = begun;
  if (halt === 'lost') throw new DBOSWorkflowConflictError(job.id);
  if (halt !== undefined) {
    const order = halt === 'cancelled' ? cancel : {};
    return { kind: 'halt', step: step.name, why: halt, at: now, isUnknown: isRepeated, ...order };
  }
  const timeoutMs = endsAt === undefined ? step.timeoutMs : endsAt - now;
  const key = stepKey(job.id, step.name);
  const order = { ...orderOf(step, job, history), key, isUndo: false, call: step.call, timeoutMs };
  const { result, ms } = await performed(order, point, world);
  // The engine that died may have had it done, whatever the repetition says.
  const outcome = isRepeated && result.outcome !== 'done' ? 'unknown' : result.outcome;
  world.tell({ event: 'step', ...aboutRun(job), ...aboutCall(wanted, result), outcome, ms });
  return {
    kind: 'attempt',
    ...aboutCall(wanted, result),
    outcome,
    startedAt: now,
    endedAt: now + ms,
    waitMs:
      outcome === 'done'
        ? 0
        : waitAfter(result, { backoffMs: step.backoffMs, attempt, isCommitted }, world),
    ...statusOf(result),
    ...(result.kept !== undefined && { kept: result.kept }),
  };
}

async function undoing(
  wanted: Extract<Next, { do: 'undo' }>,
  job: Job,
  history: History,
  world: RunWorld,
): Promise<UndoItem> {
  const { step, attempt, keyed } = wanted;
  const { timeoutMs, backoffMs } = job.definition.undo;
  await paused(wanted.waitMs);
  await world.gate();
  const point = nameOf(wanted);
  const begin = begunBy(job, step, point);
  const { now, halt } = await world.insist(() => world.operations.begin(begin));
  if (halt === 'lost') throw new DBOSWorkflowConflictError(job.id);
  const key = undoKey(job.id, step.name, keyed);
  // `next` undoes only steps that have one.
  const order = { ...orderOf(step, job, history), key, isUndo: true, call: step.undo!, timeoutMs };
  const { result, ms } = await performed(order, point, world);
  const outcome = result.status === undefined ? 'failed' : undoOutcome(result.status);
  world.tell({ event: 'undo', ...aboutRun(job), ...aboutCall(wanted, result), outcome, ms });
  return {
    kind: 'undo',
    ...aboutCall(wanted, result),
    outcome,
    startedAt: now,
    endedAt: now + ms,
    waitMs:
      outcome === 'failed'
        ? waitAfter(result, { backoffMs, attempt, isCommitted: false }, world)
        : 0,
    ...statusOf(result),
  };
}

/** Has a call made that has begun. */
async function performed(
  order: CallOrder,
  point: string,
  world: RunWorld,
): Promise<{ readonly result: CallResult; readonly ms: number }> {
  world.pass(`before:${point}`);
  const from = performance.now();
  const result = await world.perform(order);
  world.pass(`effect:${point}`);
  return { result, ms: performance.now() - from };
}

/** What log and record have of any call. */
const aboutCall = (
  { step, attempt }: { readonly step: StepConfig; readonly attempt: number },
  { why }: CallResult,
) => ({ step: step.name, attempt, ...(why !== undefined && { why }) });

const statusOf = ({ status }: CallResult) => (status === undefined ? {} : { status });

const waitAfter = (
  { retryAfterMs }: CallResult,
  rules: Pick<Backoff, 'backoffMs' | 'attempt' | 'isCommitted'>,
  { random }: RunWorld,
): number => waitBefore({ ...rules, retryAfterMs, random });

async function turning(
  { step, why }: Extract<Next, { do: 'turn' }>,
  job: Job,
  { operations, insist, tell, gate, pass }: RunWorld,
): Promise<Item> {
  await gate();
  const at = await insist(() => operations.compensate(job.id, job.run, { step, reason: why }));
  if (at === undefined) throw new DBOSWorkflowConflictError(job.id);
  pass('effect:turn');
  tell({ event: 'compensating', ...aboutRun(job), status: 'compensating', step, reason: why });
  return { kind: 'turn', step, why, at };
}

async function ending(
  { status, why: reason, step }: Extract<Next, { do: 'end' }>,
  job: Job,
  { operations, insist, tell, gate, pass }: RunWorld,
): Promise<void> {
  await gate();
  const end = { status, ...(reason !== undefined && { reason }), ...(step && { step }) };
  const ms = await insist(() => operations.end(job.id, job.run, end));
  pass('effect:end');
  tell({ event: 'ended', ...aboutRun(job), ...end, ms, ...tracedOf(job, ms) });
}

/** An operator's order begins a run, whose time counts from then. */
function tracedOf({ trace, before }: Job, ms: number) {
  if (trace === undefined) return {};
  const order = before.findLast((item) => item.kind === 'order');
  const runMs = order === undefined ? ms : Math.max(0, Date.now() - order.at);
  return { ended: { trace, runMs } };
}

/** What the order of a call takes from the run. */
function orderOf(step: StepConfig, job: Job, history: History) {
  const { kind, name, secret } = job.definition;
  const kept = history.flatMap((item) =>
    item.kind === 'attempt' && item.kept !== undefined ? [[item.step, item.kept] as const] : [],
  );
  return {
    operation: job.id,
    definition: { kind, name, ...(secret && { secret }) },
    step: step.name,
    forwardKey: stepKey(job.id, step.name),
    ...(step.pick && { pick: step.pick }),
    starter: job.starter,
    ...(job.trace && { trace: job.trace.parent }),
    input: job.input,
    kept: Object.fromEntries(kept),
  };
}

async function paused(ms: number): Promise<void> {
  if (ms > 0 && ms <= SHORT_MS) await new Promise((resolve) => setTimeout(resolve, ms));
}
