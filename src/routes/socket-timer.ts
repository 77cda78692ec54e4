/**
 * The times of one WebSocket, on one timer: pings, silence, the end of the client's token, and the wait for
 * both sides to close.
 */
import type { Clock, Timer } from '../core/clock.ts';
import { CLOSE } from '../edge/control-frames.ts';
import type { SocketSide } from './socket-side.ts';

/** Milliseconds. */
export interface SocketTimes {
  /** The longest time without a frame in either direction; pings of ours do not count. */
  readonly idleMs: number;
  /** A side that is silent for so long is pinged; `undefined`: none is. */
  readonly pingMs: number | undefined;
  /** When the stream must end, on the clock; `undefined`: never. */
  readonly endsAt: number | undefined;
}

export interface SocketTimerListener {
  /** May a frame of ours go to `side` now? */
  isBetweenFrames(side: SocketSide): boolean;
  /** `side` has not answered a ping. */
  silent(side: SocketSide): void;
  /** The gateway must end the stream. */
  over(code: number, reason: string): void;
  /** Both connections must go now. */
  cut(): void;
}

/** Node's timers take 24 days at most; a look in between costs nothing. */
const MAX_WAIT_MS = 3_600_000;

export class SocketTimer {
  readonly #sides: readonly SocketSide[];
  readonly #times: SocketTimes;
  readonly #clock: Clock;
  readonly #listener: SocketTimerListener;
  #timer: Timer | undefined;
  /** When a frame last passed. */
  #movedAt: number;
  #cutAt = Number.POSITIVE_INFINITY;

  constructor(
    sides: readonly SocketSide[],
    times: SocketTimes,
    clock: Clock,
    listener: SocketTimerListener,
  ) {
    this.#sides = sides;
    this.#times = times;
    this.#clock = clock;
    this.#listener = listener;
    this.#movedAt = clock.now();
  }

  start(): void {
    this.#arm();
  }

  stop(): void {
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** A frame has passed. */
  moved(): void {
    this.#movedAt = this.#clock.now();
  }

  /** Cuts both connections in `ms`, unless that is due sooner anyway. */
  cutAfter(ms: number): void {
    this.#cutAt = Math.min(this.#cutAt, this.#clock.now() + ms);
    if (this.#timer !== undefined) this.#arm();
  }

  #arm(): void {
    this.stop();
    const waitMs = Math.min(Math.max(this.#dueAt() - this.#clock.now(), 1), MAX_WAIT_MS);
    this.#timer = this.#clock.after(waitMs, () => this.#look());
  }

  #dueAt(): number {
    // Nothing else counts any more.
    if (this.#cutAt < Number.POSITIVE_INFINITY) return this.#cutAt;
    const { idleMs, pingMs, endsAt = Number.POSITIVE_INFINITY } = this.#times;
    const pings = this.#sides.map((side) =>
      pingMs === undefined ? Number.POSITIVE_INFINITY : lastOf(side) + pingMs,
    );
    return Math.min(this.#movedAt + idleMs, endsAt, ...pings);
  }

  #look(): void {
    this.#act(this.#clock.now());
    // The stream may be over by now.
    if (this.#timer !== undefined) this.#arm();
  }

  #act(now: number): void {
    const { idleMs, pingMs, endsAt } = this.#times;
    if (this.#cutAt < Number.POSITIVE_INFINITY) {
      if (now >= this.#cutAt) this.#listener.cut();
    } else if (endsAt !== undefined && now >= endsAt) {
      this.#listener.over(CLOSE.policy, 'token ended');
    } else if (now >= this.#movedAt + idleMs) this.#listener.over(CLOSE.goingAway, 'idle');
    else if (pingMs !== undefined) {
      for (const side of this.#sides) if (now >= lastOf(side) + pingMs) this.#ping(side, now);
    }
  }

  #ping(side: SocketSide, now: number): void {
    // A ping could not arrive; whether it takes anything is for `idle` to decide.
    if (side.isBlocked || !this.#listener.isBetweenFrames(side)) side.pingedAt = now;
    else if (side.isPinged && side.heardAt < side.pingedAt) this.#listener.silent(side);
    else side.ping(now);
  }
}

/** When it last gave a sign of life, or was asked for one. */
const lastOf = ({ heardAt, pingedAt }: SocketSide): number => Math.max(heardAt, pingedAt);
