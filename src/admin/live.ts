/**
 * The snapshot that all viewers get, once a second, for as long as somebody looks. While nobody does, nothing is
 * computed and no timer runs.
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { Snapshot } from './page-data.ts';

/** Makes snapshots, between `begin` and `end`. */
export interface SnapshotSource {
  begin(): void;
  take(): Promise<Snapshot>;
  end(): void;
}

/** A snapshot in the forms that viewers take; made once for all of them. */
export interface Shot {
  readonly json: string;
  /** As Server-sent events have it. */
  readonly event: Buffer;
  /** It has rates. */
  readonly hasRates: boolean;
}

export interface Viewer {
  /** `undefined`: there is none this time, which is a bug that the log has. */
  show(shot: Shot | undefined): void;
  /** The gateway stops. */
  end(): void;
}

export interface LiveOptions {
  readonly clock: Clock;
  readonly source: SnapshotSource;
  readonly onBug: (error: unknown) => void;
}

export const MOST_VIEWERS = 50;
const PERIOD_MS = 1_000;

export class Live {
  readonly #options: LiveOptions;
  readonly #viewers = new Set<Viewer>();
  #timer: Timer | undefined;
  #last: Shot | undefined;
  /** Increases with each first viewer: what was begun for earlier ones is over. */
  #turn = 0;
  #isClosed = false;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** @returns what ends it; `undefined`: there are too many, or the gateway stops */
  watch(viewer: Viewer): (() => void) | undefined {
    if (this.#isClosed || this.#viewers.size >= MOST_VIEWERS) return undefined;
    this.#viewers.add(viewer);
    if (this.#viewers.size === 1) this.#begin();
    else if (this.#last !== undefined) viewer.show(this.#last);
    return () => this.#leave(viewer);
  }

  close(): void {
    this.#isClosed = true;
    const viewers = [...this.#viewers];
    for (const viewer of viewers) this.#leave(viewer);
    for (const viewer of viewers) viewer.end();
  }

  #begin(): void {
    this.#turn += 1;
    this.#options.source.begin();
    void this.#round(this.#turn);
  }

  #leave(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer) || this.#viewers.size > 0) return;
    const { clock, source } = this.#options;
    clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#last = undefined;
    this.#turn += 1;
    source.end();
  }

  async #round(turn: number): Promise<void> {
    const shot = await this.#shot();
    if (turn !== this.#turn) return;
    this.#last = shot;
    for (const viewer of this.#viewers) viewer.show(shot);
    if (turn !== this.#turn) return;
    this.#timer = this.#options.clock.after(PERIOD_MS, () => void this.#round(turn));
  }

  async #shot(): Promise<Shot | undefined> {
    try {
      const snapshot = await this.#options.source.take();
      const json = JSON.stringify(snapshot);
      const event = Buffer.from(`event: snapshot\ndata: ${json}\n\n`);
      return { json, event, hasRates: snapshot.windowSeconds > 0 };
    } catch (error) {
      this.#options.onBug(error);
      return undefined;
    }
  }
}
