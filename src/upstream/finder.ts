/**
 * Keeps an upstream's targets as its discovery finds them.
 *
 * The last targets found stay through failures and empty answers: a registry that has lost its memory must
 * not take the upstream with it. The start and the end of each such period are reported once.
 */
import type { TargetConfig } from '../config/build/config.ts';
import type { Discovery, DiscoveryListener } from './discovery/discovery.ts';

/** What became of looking targets up, for the log. */
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
  /** The spell that goes on. */
  #spell: 'failing' | 'empty' | undefined;
  /** What was found last. */
  #targets: readonly TargetConfig[] | undefined;
  #onFound: OnFound | undefined;

  constructor(options: FinderOptions) {
    this.#options = options;
    options.discovery.start(this);
  }

  /** The first look-up has ended, well or not. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  /** `onFound` is told from now on, and of what was found before at once. */
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
