/**
 * The right to make one call through a circuit, and to report its outcome.
 *
 * Outcomes from an earlier epoch of the circuit do not count.
 */

/** The right to make one call. Only the first method called counts. */
export interface Permit {
  /** The call probes a half-open circuit. */
  readonly isProbe: boolean;
  succeed(): void;
  fail(error: unknown): void;
  /** The outcome says nothing about the upstream: the client left, or the gateway was at fault. */
  forget(): void;
}

/** What a call needs from a circuit. Synchronous: nothing in it is awaited. */
export interface CircuitGate {
  /**
   * Would a call be let through now? Asked before it waits for a slot.
   *
   * @throws GW_CIRCUIT_OPEN
   */
  check(): void;
  /**
   * The right to make one call.
   *
   * @throws GW_CIRCUIT_OPEN
   */
  enter(): Permit;
}

/** The error given to cockatiel for an outcome that says nothing about the upstream now. */
export class NotCounted extends Error {}

/** One call as cockatiel sees it: running until one of these is called. */
export interface Place {
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

/** The part of a circuit that a permit needs. */
export interface PermitCircuit {
  readonly epoch: number;
  addSuccess(epoch: number): void;
  addFailure(error: unknown, epoch: number): void;
  vacate(place: Place): void;
}

/** A permit whose outcome is not reported. */
export const UNCOUNTED: Permit = { isProbe: false, succeed() {}, fail() {}, forget() {} };

export class ClosedPermit implements Permit {
  readonly isProbe = false;
  readonly #circuit: PermitCircuit;
  readonly #epoch: number;

  constructor(circuit: PermitCircuit) {
    this.#circuit = circuit;
    this.#epoch = circuit.epoch;
  }

  succeed(): void {
    this.#circuit.addSuccess(this.#epoch);
  }

  fail(error: unknown): void {
    this.#circuit.addFailure(error, this.#epoch);
  }

  forget(): void {}
}

/** The permit of a call that probes a half-open circuit. */
export class ProbePermit implements Permit {
  readonly isProbe = true;
  readonly #circuit: PermitCircuit;
  readonly #place: Place;
  readonly #epoch: number;
  #isOver = false;

  constructor(circuit: PermitCircuit, place: Place) {
    this.#circuit = circuit;
    this.#place = place;
    this.#epoch = circuit.epoch;
  }

  succeed(): void {
    this.#end(() => this.#place.succeed());
  }

  fail(error: unknown): void {
    this.#end(() => this.#place.fail(error));
  }

  forget(): void {
    this.#end(() => this.#circuit.vacate(this.#place));
  }

  #end(tell: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#epoch === this.#circuit.epoch) tell();
    else this.#drop();
  }

  #drop(): void {
    this.#place.fail(new NotCounted());
  }
}
