/**
 * Queries a registry repeatedly: one look-up at a time, at the normal pace while it works, and at growing
 * intervals while it fails.
 */
import type { Timer } from '../../core/clock.ts';
import type { TargetConfig } from '../../config/build/config.ts';
import type { Discovery, DiscoveryListener, DiscoverySurroundings } from './discovery.ts';

export interface LookedUp {
  readonly targets: readonly TargetConfig[];
  /** How long the result holds; then the next look-up follows. */
  readonly goodForMs: number;
}

export interface Registry {
  /** What is looked up, and where; for the log. */
  readonly question: string;
  /** Longest wait after a first failure; it doubles with each one, up to 30 s. */
  readonly retryMs: number;
  /** Never called while another look-up is running. */
  lookUp(): Promise<LookedUp>;
  /** Ends a look-up in progress and closes sockets. */
  close(): void;
}

type WatchSurroundings = Pick<DiscoverySurroundings, 'clock' | 'random'>;

/** Keeps gateways that started together from asking together for long. */
const JITTER = 0.1;
const MAX_RETRY_MS = 30_000;

export class Watch implements Discovery {
  readonly #registry: Registry;
  readonly #surroundings: WatchSurroundings;
  #listener: DiscoveryListener | undefined;
  #timer: Timer | undefined;
  /** Failures in a row. */
  #failures = 0;

  constructor(registry: Registry, surroundings: WatchSurroundings) {
    this.#registry = registry;
    this.#surroundings = surroundings;
  }

  get question(): string {
    return this.#registry.question;
  }

  start(listener: DiscoveryListener): void {
    this.#listener = listener;
    void this.#look();
  }

  stop(): void {
    this.#listener = undefined;
    this.#surroundings.clock.cancel(this.#timer);
    this.#registry.close();
  }

  async #look(): Promise<void> {
    const waitMs = await this.#registry.lookUp().then(
      (answer) => this.#found(answer),
      (error: Error) => this.#failed(error),
    );
    // The listener may have stopped it.
    if (this.#listener === undefined) return;
    this.#timer = this.#surroundings.clock.after(waitMs, () => void this.#look());
  }

  #found({ targets, goodForMs }: LookedUp): number {
    this.#failures = 0;
    this.#listener?.found(targets);
    return goodForMs * (1 + JITTER * this.#surroundings.random());
  }

  /** Half of the wait is random, so that gateways that failed together do not retry together. */
  #failed(error: Error): number {
    this.#failures += 1;
    this.#listener?.failed(error);
    const longest = Math.min(MAX_RETRY_MS, this.#registry.retryMs * 2 ** (this.#failures - 1));
    return (longest * (1 + this.#surroundings.random())) / 2;
  }
}
