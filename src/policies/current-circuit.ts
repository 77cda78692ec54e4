/**
 * The circuit of an upstream's name, which a new config may replace or remove: calls
 * always use the current one.
 *
 * A call that an earlier circuit let through reports its outcome to that one, which no longer decides anything.
 */
import type { Circuit, CircuitChange, CircuitName } from './circuit.ts';
import { type CircuitGate, type Permit, UNCOUNTED } from './permit.ts';

export class CurrentCircuit implements CircuitGate {
  #circuit: Circuit | undefined;
  readonly #onChange: (state: CircuitName, change: CircuitChange) => void;

  /** `onChange` is told of each change of state, and where another circuit brings another state. */
  constructor(onChange: (state: CircuitName, change: CircuitChange) => void) {
    this.#onChange = onChange;
  }

  get circuit(): Circuit | undefined {
    return this.#circuit;
  }

  /** `next` takes its place, closed; what an operator holds the name to holds for it, too. */
  replace(next: Circuit | undefined): void {
    const before = this.#circuit;
    this.#circuit = next;
    if (next === undefined) return;
    if (before?.forced !== undefined) next.force(before.forced);
    next.onChange((state, change) => {
      if (this.#circuit === next) this.#onChange(state, change);
    });
    if (before === undefined || before.state === next.state) return;
    this.#onChange(next.state, { why: 'the breaker was changed', afterMs: before.stateMs });
  }

  check(): void {
    this.#circuit?.check();
  }

  enter(): Permit {
    return this.#circuit?.enter() ?? UNCOUNTED;
  }
}
