/**
 * Metrics of operations: what this process started, did and ended, and what the store holds.
 *
 * What the store holds is the same for all gateways that share it: take the greatest, not the sum.
 */
import type { EngineEvent } from '../operations/engine.ts';
import type { EngineHealth } from '../operations/engine-watch.ts';
import type { Counts } from './counts.ts';
import type { Families } from './families.ts';
import { type Reading, reading, readings } from './readings.ts';
import type { Tally } from './tally.ts';

/** Seconds. Operations last from a moment to days. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600, 3_600, 86_400];
const ENDS = ['completed', 'failed', 'stuck'] as const;

/** A saga or a command of the config. */
export interface OperationName {
  readonly kind: 'saga' | 'command';
  readonly name: string;
}

type Health = () => EngineHealth | undefined;

export class OperationMetrics {
  readonly #started: Counts<'kind' | 'name'>;
  readonly #ended: Counts<'kind' | 'name' | 'status'>;
  readonly #undos: Counts<'saga' | 'step' | 'outcome'>;
  readonly #durations: Tally;
  readonly #steps: Tally;
  #names: readonly OperationName[] = [];

  /** `health` is called at each scrape. */
  constructor(families: Families, health: Health) {
    this.#started = families.counter(
      'portico_operations_started_total',
      'Operations that this gateway accepted.',
      ['kind', 'name'],
    );
    this.#ended = families.counter(
      'portico_operations_ended_total',
      'Operations whose end, or getting stuck, this gateway brought about.',
      ['kind', 'name', 'status'],
    );
    this.#durations = families.tally({
      histogram: {
        name: 'portico_operation_duration_seconds',
        help: 'Time from the acceptance of an operation to its end, or until it was stuck.',
      },
      shared: ['name', 'status'],
      counted: [],
      buckets: BUCKETS,
    });
    this.#steps = families.tally({
      counter: { name: 'portico_saga_steps_total', help: 'Attempts of steps, by their outcome.' },
      histogram: {
        name: 'portico_saga_step_duration_seconds',
        help: 'Time of an attempt of a step.',
      },
      shared: ['saga', 'step'],
      counted: ['outcome'],
      buckets: BUCKETS,
    });
    this.#undos = families.counter(
      'portico_saga_undos_total',
      'Attempts to undo steps, by their outcome.',
      ['saga', 'step', 'outcome'],
    );
    this.#addReadings(families, health);
  }

  #addReadings(families: Families, health: Health): void {
    const gauge = (name: string, help: string, isCounted: (status: string) => boolean): void =>
      families.add(
        readings({
          name,
          help,
          type: 'gauge',
          labels: ['name'],
          read: () => countsOf(health(), this.#names, isCounted),
        }),
      );
    gauge(
      'portico_operations_running',
      'Operations in the store that run, or are being undone.',
      (status) => status !== 'stuck',
    );
    gauge(
      'portico_operations_stuck',
      'Operations in the store that wait for an operator, because an undo keeps failing.',
      (status) => status === 'stuck',
    );
    const number = (
      type: 'counter' | 'gauge',
      [name, help]: readonly [string, string],
      value: (health: EngineHealth) => number,
    ): void => {
      const read = (): number | undefined => {
        const now = health();
        return now && value(now);
      };
      families.add(reading(type, { name, help }, read));
    };
    number(
      'gauge',
      ['portico_engine_up', '1 while the store of operations answers.'],
      ({ isUp }) => (isUp ? 1 : 0),
    );
    number(
      'counter',
      ['portico_engine_restarts_total', 'How often the engine of operations had ended.'],
      ({ restarts }) => restarts,
    );
    number(
      'counter',
      ['portico_engine_takeovers_total', 'Runs of gateways that had died, resumed by this one.'],
      ({ takeovers }) => takeovers,
    );
  }

  observe(event: EngineEvent): void {
    switch (event.event) {
      case 'started': {
        const { kind, name } = event;
        this.#started.inc({ kind, name });
        return;
      }
      case 'ended': {
        const { kind, name, status, ms = 0 } = event;
        this.#ended.inc({ kind, name, status });
        this.#durations.observe([name, status], [], ms / 1_000);
        return;
      }
      case 'step': {
        const { kind, name, step, outcome, ms } = event;
        // A command is one step, and its calls are those of its upstream.
        if (kind === 'saga') this.#steps.observe([name, step], [outcome], ms / 1_000);
        return;
      }
      case 'undo': {
        const { name, step, outcome } = event;
        this.#undos.inc({ saga: name, step, outcome });
        return;
      }
      default:
    }
  }

  /** The sagas and commands of the config that serves: theirs begin at 0, and those of others that are gone go. */
  serve(names: readonly OperationName[]): void {
    const kept = new Set(names.map(({ name }) => name));
    const gone = new Set(this.#names.flatMap(({ name }) => (kept.has(name) ? [] : [name])));
    for (const counts of [this.#started, this.#ended]) counts.forget('name', gone);
    this.#undos.forget('saga', gone);
    this.#durations.forgetAll('name', gone);
    this.#steps.forgetAll('saga', gone);
    this.#names = names;
    for (const { kind, name } of names) {
      this.#started.inc({ kind, name }, 0);
      for (const status of ENDS) this.#ended.inc({ kind, name, status }, 0);
    }
  }
}

/** By name: the config's, if only with 0, and others that the store still has. */
function* countsOf(
  health: EngineHealth | undefined,
  names: readonly OperationName[],
  isCounted: (status: string) => boolean,
): Generator<Reading> {
  if (health === undefined) return;
  const counts = new Map(names.map(({ name }) => [name, 0]));
  for (const { name, status, count } of health.open) {
    counts.set(name, (counts.get(name) ?? 0) + (isCounted(status) ? count : 0));
  }
  for (const [name, count] of counts) yield [[name], count];
}
