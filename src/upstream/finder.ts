/**
 * Passes the targets that a discovery finds on to its upstream.
 *
 * The last targets found stay through failures and empty answers, so that a registry that lost its data
 * does not take the upstream down. The start and the end of each such period are reported once.
 */
import type { TargetConfig } from '../config/build/config.ts';
import type { Discovery, DiscoveryListener } from './discovery/discovery.ts';

/** A change in how look-ups go, for the log. */
export type DiscoveryEvent =
  { readonly kind: 'failing' | 'empty'; readonly why: string } | { readonly kind: 'recovered' };

export interface FinderOptions {
  readonly discovery: Discovery;
  readonly onEvent: (event: DiscoveryEvent) => void;
}

type OnFound = (targets: readonly TargetConfig[]) => void;

export class Finder implements DiscoveryListener {
  readonly #options: FinderOptions;
  readonly #first = Promise.withResolvers<void>();
  /** The current kind of trouble, if any. */
  #spell: 'failing' | 'empty' | undefined;
  /** The targets found last. */
  #targets: readonly TargetConfig[] | undefined;
  #onFound: OnFound | undefined;

  constructor(options: FinderOptions) {
    this.#options = options;
    options.discovery.start(this);
  }

  /** Settles when the first look-up has ended, whether it succeeded or failed. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  /** Calls `onFound` from now on, and at once with what was found before. */
  serve(onFound: OnFound): void {
    this.#onFound = onFound;
    if (this.#targets !== undefined) onFound(this.#targets);
  }

  found(targets: readonly TargetConfig[]): void {
    if (targets.length === 0)
      this.#tell('empty', `nothing was found: ${this.#options.discovery.question}`);
    else {
      if (this.#spell !== undefined) this.#options.onEvent({ kind: 'recovered' });
      this.#spell = undefined;
      this.#targets = targets;
      this.#onFound?.(targets);
    }
    this.#first.resolve();
  }

  failed(error: Error): void {
    this.#tell('failing', error.message);
    this.#first.resolve();
  }

  stop(): void {
    this.#options.discovery.stop();
    this.#first.resolve();
  }

  #tell(kind: 'failing' | 'empty', why: string): void {
    if (this.#spell === kind) return;
    this.#spell = kind;
    this.#options.onEvent({ kind, why });
  }
}
