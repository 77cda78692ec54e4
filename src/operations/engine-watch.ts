/**
 * How the engine of operations is, from what it tells: whether the store answers, since when, and what it holds.
 *
 * An engine that hangs tells nothing. So it counts as up only for as long as the store's answers keep coming.
 */
import type { EngineEvent, OperationCount } from './engine.ts';

/** So many answers may be missing. */
const MISSED = 3;
/** Of the first one. */
const FIRST_MS = 15_000;

export interface EngineHealth {
  readonly isUp: boolean;
  /** When that began, in milliseconds since 1970. */
  readonly since: number;
  /** As the store said last, of all gateways that share it. */
  readonly open: readonly OperationCount[];
  /** The last thing that went wrong. */
  readonly fault?: { readonly at: number; readonly code: string } | undefined;
  /** How often its thread had to be started again. */
  readonly restarts: number;
  /** Runs of dead gateways that it has resumed. */
  readonly takeovers: number;
}

export class EngineWatch {
  /** Milliseconds, of a clock that never jumps. */
  readonly #now: () => number;
  readonly #wallClock: () => number;
  #isOpen = false;
  #isUp = false;
  #since = 0;
  #heardAt = 0;
  #withinMs = FIRST_MS;
  #open: readonly OperationCount[] = [];
  #fault: EngineHealth['fault'];
  #restarts = 0;
  #takeovers = 0;

  constructor(now: () => number, wallClock: () => number) {
    this.#now = now;
    this.#wallClock = wallClock;
  }

  hear(event: EngineEvent): void {
    switch (event.event) {
      case 'up':
        this.#becomes(true);
        this.#withinMs = FIRST_MS;
        return;
      case 'down':
        this.#restarts += 1;
        this.#becomes(false);
        this.#note(event.code);
        return;
      case 'trouble':
        this.#note(event.code);
        return;
      case 'counted':
        // Answers that come again after a silence begin another time of health.
        if (!this.#isHeard) this.#since = this.#wallClock();
        this.#heardAt = this.#now();
        this.#withinMs = MISSED * event.everyMs;
        this.#open = event.open;
        return;
      case 'takenOver':
        this.#takeovers += event.ids.length;
        return;
      case 'closed':
        this.#isOpen = false;
        return;
      default:
    }
  }

  /** An engine is being opened. */
  begin(): void {
    this.#isOpen = true;
    this.#becomes(false);
    this.#open = [];
  }

  /** `undefined` while there is no engine. */
  get health(): EngineHealth | undefined {
    if (!this.#isOpen) return undefined;
    const isUp = this.#isUp && this.#isHeard;
    const isSilent = this.#isUp && !isUp;
    return {
      isUp,
      since: isSilent ? this.#wallClock() - (this.#now() - this.#heardAt) : this.#since,
      open: this.#open,
      fault: this.#fault,
      restarts: this.#restarts,
      takeovers: this.#takeovers,
    };
  }

  get #isHeard(): boolean {
    return this.#now() - this.#heardAt <= this.#withinMs;
  }

  #becomes(isUp: boolean): void {
    if (isUp !== this.#isUp || this.#since === 0) this.#since = this.#wallClock();
    this.#isUp = isUp;
    this.#heardAt = this.#now();
  }

  #note(code: string | undefined): void {
    this.#fault = { at: this.#wallClock(), code: code ?? 'error' };
  }
}
