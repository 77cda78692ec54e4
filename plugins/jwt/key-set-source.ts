/**
 * Fetches a key set: when it is first needed, regularly after that, and when a token names a key
 * that is not in it. One fetch at a time, at most one a second, whatever is asked.
 *
 * A failed fetch changes nothing: the last good set stays in use, and one line in the log says so.
 */
import type { PluginCounter, PluginHost, PluginState } from 'portico';

const TIMEOUT_MS = 2_000;
const MAX_BYTES = 1_048_576;
/** Between two fetches. */
const PAUSE_MS = 1_000;
/** Time between two background fetches, while they fail. */
const RETRY_MS = 5_000;
const MAX_START_MS = 30_000;

export interface KeySetOptions {
  /** Of the issuer, in the config. */
  readonly name: string;
  readonly url: string;
  readonly refreshMs: number;
  readonly host: PluginHost;
  /** Takes over a set; throws if it is not one. */
  readonly use: (text: string) => void;
}

export class KeySetSource {
  readonly #options: KeySetOptions;
  readonly #fetches: PluginCounter;
  readonly #closed = new AbortController();
  #isDown = false;
  #hasSet = false;
  /** Milliseconds since 1970: when it became down or well, when it last succeeded, and how it last failed. */
  #since: number | undefined;
  #fetchedAt: number | undefined;
  #lastError: PluginState['lastError'];
  /** On the monotonic clock. */
  #startedAt = Number.NEGATIVE_INFINITY;
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KeySetOptions) {
    this.#options = options;
    this.#fetches = options.host.metrics.counter(
      'jwks_fetches_total',
      'Fetches of the key sets of token issuers.',
      ['issuer', 'result'],
    );
  }

  /** The last fetch failed. */
  get isDown(): boolean {
    return this.#isDown;
  }

  /** For `/status`; `facts` are more of it. */
  state(facts: { readonly keys: number }): PluginState {
    const { name, url } = this.#options;
    const at = this.#fetchedAt;
    return {
      kind: 'key set',
      name: url,
      isOk: !this.#isDown,
      since: this.#since,
      lastError: this.#lastError,
      facts: {
        issuer: name,
        ...facts,
        ...(at !== undefined && { ageSeconds: Math.round((Date.now() - at) / 1_000) }),
      },
    };
  }

  /** When the last fetch began. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Resolves when the next fetch has ended, successfully or not; never rejects. */
  next(): Promise<void> {
    this.#next ??= this.#afterPause().finally(() => {
      this.#next = undefined;
    });
    return this.#next;
  }

  /** Resolves when a fetch has ended that began at `moment` or later. */
  async since(moment: number): Promise<void> {
    while (this.#startedAt < moment) await this.next();
  }

  /** @throws {Error} if there is no set within half a minute */
  async ready(): Promise<void> {
    const end = performance.now() + MAX_START_MS;
    while (!this.#hasSet) {
      if (performance.now() > end) {
        throw new Error(`the key set of the issuer "${this.#options.name}" cannot be fetched`);
      }
      await this.next();
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#closed.abort();
  }

  async #afterPause(): Promise<void> {
    const pauseMs = this.#startedAt + PAUSE_MS - performance.now();
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    clearTimeout(this.#timer);
    this.#startedAt = performance.now();
    try {
      this.#options.use(await this.#fetch());
      this.#hasSet = true;
      this.#succeeded();
    } catch (error) {
      this.#failed(error);
    }
    if (this.#closed.signal.aborted) return;
    const { refreshMs } = this.#options;
    const waitMs = this.#isDown ? Math.min(RETRY_MS, refreshMs) : refreshMs;
    this.#timer = setTimeout(() => void this.next(), waitMs).unref();
  }

  async #fetch(): Promise<string> {
    const { host, url } = this.#options;
    const response = await host.fetch(url, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      redirect: 'error',
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.#closed.signal]),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`answered ${response.status}`);
    }
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) throw new Error('the key set is larger than 1 MiB');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #succeeded(): void {
    const { name: issuer, host } = this.#options;
    this.#fetches.inc({ issuer, result: 'ok' });
    if (this.#isDown) host.log.info({ issuer }, 'the key set can be fetched again');
    this.#fetchedAt = Date.now();
    if (this.#isDown || this.#since === undefined) this.#since = this.#fetchedAt;
    this.#isDown = false;
  }

  #failed(err: unknown): void {
    if (this.#closed.signal.aborted) return;
    const { name: issuer, host } = this.#options;
    this.#fetches.inc({ issuer, result: 'failed' });
    this.#lastError = { at: Date.now(), why: reasonOf(err) };
    if (!this.#isDown) this.#since = this.#lastError.at;
    // Once for each outage.
    if (!this.#isDown) {
      const then = this.#hasSet
        ? 'the last good one stays in use'
        : 'requests with its tokens get 503';
      host.log.warn({ issuer, err }, `the key set cannot be fetched: ${then}`);
    }
    this.#isDown = true;
  }
}

/** The code of the original error, where there is one: `fetch` only says that it failed. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : message;
}
