/**
 * The current circuit of an upstream, by name. A new config may replace or remove it; calls always use
 * the current one.
 *
 * A call that an earlier circuit let through reports to that one, which no longer decides anything.
 */
import type { Circuit, CircuitChange, CircuitName } from './circuit.ts';
import { type CircuitGate, type Permit, UNCOUNTED } from './permit.ts';

export class CurrentCircuit implements CircuitGate {
  #circuit: Circuit | undefined;
  readonly #onChange: (state: CircuitName, change: CircuitChange) => void;

  /** `onChange` is called for each change of state, including one that a new circuit brings. */
  constructor(onChange: (state: CircuitName, change: CircuitChange) => void) {
    this.#onChange = onChange;
  }

  get circuit(): Circuit | undefined {
    return this.#circuit;
  }

  /** Replaces the circuit by `next`, closed. A state forced by an operator stays in force. */
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
