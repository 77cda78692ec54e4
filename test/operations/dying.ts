/** What operations are put through when their engine dies: where it dies, and services that keep the order of effects. */
import { expect } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { ThreadEngine, type ThreadEngineOptions } from '../../src/engine/thread-engine.ts';
import type {
  CallOrder,
  CallResult,
  OperationDetail,
  StartOrder,
} from '../../src/operations/engine.ts';
import { FULFILMENT } from './sagas.ts';

/** What is special about an answer; `undefined`: nothing. */
type Answer = (order: CallOrder, isRepeated: boolean) => CallResult | undefined;

/** Services that do each thing once for a key, and keep the order. */
export class Services {
  readonly effects: string[] = [];
  calls = 0;
  readonly #known = new Map<string, CallResult>();
  readonly #answer: Answer;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  perform(order: CallOrder): Promise<CallResult> {
    this.calls += 1;
    const known = this.#known.get(order.key);
    const special = this.#answer(order, known !== undefined);
    if (special !== undefined && special.outcome === 'refused') return Promise.resolve(special);
    const result: CallResult = special ?? { outcome: 'done', status: 200 };
    if (known === undefined) {
      this.#known.set(order.key, result);
      this.effects.push(`${order.isUndo ? 'undo ' : ''}${order.step}`);
    }
    return Promise.resolve(result);
  }
}

/** Before the call, after its effect, after its record. */
const around = (name: string): string[] =>
  ['before', 'effect', 'record'].map((at) => `${at}:${name}`);

const FORWARD = FULFILMENT.steps.map(({ name }) => name);
/** The last one has nothing to undo. */
const UNDONE = FORWARD.slice(0, -1).toReversed();

/** A way of ending, every place to die on it, and what is left in the end. */
export interface Course {
  readonly title: string;
  readonly points: readonly string[];
  readonly answer: Answer;
  readonly status: 'completed' | 'failed';
  readonly effects: readonly string[];
  /** Without a crash. */
  readonly calls: number;
}

const refused: CallResult = { outcome: 'refused', status: 409, why: 'STATUS_409' };

const completing: Course = {
  title: 'a saga that succeeds',
  points: [
    'accepted',
    ...FORWARD.flatMap((name) => around(`${name}#1`)),
    'effect:end',
    'record:end',
  ],
  answer: () => undefined,
  status: 'completed',
  effects: FORWARD,
  calls: 4,
};

const failing: Course = {
  title: 'a saga that fails at its last step',
  points: [
    ...FORWARD.flatMap((name) => around(`${name}#1`)),
    'effect:turn',
    'record:turn',
    ...UNDONE.flatMap((name) => around(`undo:${name}#1`)),
    'effect:end',
    'record:end',
  ],
  answer: ({ step, isUndo }) => (step === 'confirm' && !isUndo ? refused : undefined),
  status: 'failed',
  effects: [...FORWARD.slice(0, -1), ...UNDONE.map((name) => `undo ${name}`)],
  calls: 7,
};

/** The engine dies after an effect that it could not record, and the upstream refuses the repetition. */
const doubting = FORWARD.slice(0, -1).map((name, i): Course => {
  const done = FORWARD.slice(0, i + 1);
  return {
    title: `a saga whose ${name} is refused once it is repeated`,
    points: [`effect:${name}#1`],
    answer: ({ step, isUndo }, isRepeated) =>
      step === name && !isUndo && isRepeated ? refused : undefined,
    status: 'failed',
    effects: [...done, ...done.toReversed().map((each) => `undo ${each}`)],
    // Unknown, so it is asked again; then it is certain, and what may have been done is undone.
    calls: 2 * done.length + 1,
  };
});

export const COURSES: readonly Course[] = [completing, failing, ...doubting];

export interface Crash {
  readonly course: Course;
  readonly point: string;
}

export const CRASHES: readonly Crash[] = COURSES.flatMap((course) =>
  course.points.map((point) => ({ course, point })),
);

/** Every `n`th, when there is no time for all. */
export const everyNth = (n: number): readonly Crash[] => CRASHES.filter((_, i) => i % n === 0);

interface EngineOptions extends Pick<ThreadEngineOptions, 'perform' | 'onEvent' | 'retryMs'> {
  readonly url: string;
  /** Of the schemas, so that several share a server. */
  readonly lane: number;
  readonly node?: string;
  readonly heartbeatMs?: number;
  readonly deadMs?: number;
  readonly faults?: readonly string[];
}

export function engineOf({
  url,
  lane,
  node,
  heartbeatMs = 500,
  deadMs = 3_000,
  ...rest
}: EngineOptions): ThreadEngine {
  return new ThreadEngine({
    store: {
      place: { kind: 'postgres', url },
      ...(node !== undefined && { node }),
      migrate: true,
      timeoutMs: 10_000,
      connections: 3,
      heartbeatMs,
      deadMs,
      schemas: { own: `portico_${lane}`, engine: `dbos_${lane}` },
    },
    clock: systemClock,
    ...rest,
  });
}

export const orderOf = (id: string): StartOrder => ({
  id,
  definition: { ...FULFILMENT, steps: FULFILMENT.steps.map((step) => ({ ...step, backoffMs: 1 })) },
  version: 'v',
  fingerprint: 'f',
  owner: 'u',
  starter: { id: 'u', via: 'test', claims: {} },
  input: '{}',
  keepMs: 60_000,
  running: 10,
});

export interface Ran {
  readonly services: Services;
  readonly detail: OperationDetail;
}

/** The operation, once it has ended. */
export async function endedIn(engine: ThreadEngine, id: string): Promise<OperationDetail> {
  for (;;) {
    const found = engine.isUp ? await engine.find(id).catch(() => undefined) : undefined;
    if (found?.operation.endedAt !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs one, and holds what is left of it against what its course says. */
export async function expectRight(
  lane: { run(crash: Crash): Promise<Ran> },
  crash: Crash,
): Promise<void> {
  const { services, detail } = await lane.run(crash);
  const { course, point } = crash;
  const { effects, calls } = services;
  const { status } = detail.operation;
  expect({ point, status, effects }).toEqual({
    point,
    status: course.status,
    effects: course.effects,
  });
  // No more than the call at hand is repeated, and once more if its repetition is refused.
  expect(calls, point).toBeLessThanOrEqual(course.calls + 2);
}

export async function until(claim: () => boolean): Promise<void> {
  while (!claim()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Runs `each` over all of `crashes`, each lane with one at a time. */
export async function throughLanes<L>(
  lanes: readonly L[],
  crashes: readonly Crash[],
  each: (lane: L, crash: Crash) => Promise<void>,
): Promise<void> {
  const left = [...crashes];
  const work = async (lane: L): Promise<void> => {
    for (let crash = left.shift(); crash !== undefined; crash = left.shift()) {
      await each(lane, crash);
    }
  };
  await Promise.all(lanes.map(work));
}
