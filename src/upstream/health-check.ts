/** One health check: a GET, its status, and a bound on the total time. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock, Timer } from '../core/clock.ts';
import type { HealthConfig } from '../config/build/config.ts';

/** A longer answer is not read to its end. */
const MAX_BODY_BYTES = 65_536;

/** The gateway could not make the check, so it says nothing about the target. */
export const NOT_ASKED = Symbol('not asked');
/** What is wrong, in a few words; `undefined` for a healthy target. */
export type Verdict = string | typeof NOT_ASKED | undefined;

export function checkHealth(
  dispatcher: Dispatcher,
  host: string | undefined,
  config: HealthConfig,
  clock: Clock,
): Promise<Verdict> {
  return new Promise((resolve) => {
    const check = new Check(config, clock, resolve);
    const headers = {
      'user-agent': 'portico-health-check',
      accept: '*/*',
      ...(host === undefined ? {} : { host }),
    };
    try {
      dispatcher.dispatch({ path: config.path, method: 'GET', headers }, check);
    } catch (error) {
      check.end((error as Error).message);
    }
  });
}

class Check implements Dispatcher.DispatchHandler {
  readonly #config: HealthConfig;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #resolve: (verdict: Verdict) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #isOver = false;
  #bytes = 0;
  #status = 0;

  constructor(config: HealthConfig, clock: Clock, resolve: (verdict: Verdict) => void) {
    this.#config = config;
    this.#clock = clock;
    this.#resolve = resolve;
    const { timeoutMs } = config;
    this.#timer = clock.after(timeoutMs, () => this.end(`no answer within ${timeoutMs} ms`));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error('the check is over'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    _headers: IncomingHttpHeaders,
  ): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    // The status is known, which is enough.
    if (this.#bytes > MAX_BODY_BYTES) this.end(this.#fault());
  }

  onResponseEnd(): void {
    this.#controller = undefined;
    this.end(this.#fault());
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#controller = undefined;
    const { code = error.message } = error as NodeJS.ErrnoException;
    this.end(code === 'GW_OVERLOADED' ? NOT_ASKED : code);
  }

  /** Only the first verdict counts. */
  end(verdict: Verdict): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#clock.cancel(this.#timer);
    this.#resolve(verdict);
    this.#controller?.abort(new Error('the check is over'));
  }

  #fault(): string | undefined {
    const status = this.#status;
    const isExpected = this.#config.statuses.some(
      (each) => each === status || each === `${Math.floor(status / 100)}xx`,
    );
    return isExpected ? undefined : `status ${status}`;
  }
}
