/** One health check: a question, what its answer says, and a bound on the total time. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock, Timer } from '../core/clock.ts';
import type { HttpHealth } from '../config/build/config.ts';

/** A longer answer is not read to its end. */
const MAX_BODY_BYTES = 65_536;

/** The gateway could not make the check, so it says nothing about the target. */
export const NOT_ASKED = Symbol('not asked');
/** The target does not offer this kind of check, so it counts as healthy. */
export const UNCHECKED = Symbol('unchecked');
/** What is wrong, in a few words; `undefined` for a healthy target. */
export type Verdict = string | typeof NOT_ASKED | typeof UNCHECKED | undefined;

export interface HealthAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty for an answer that is too long. */
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a check sends, and what it makes of the answer. */
export interface HealthQuestion {
  readonly path: string;
  readonly method: Dispatcher.HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  judge(answer: HealthAnswer): Verdict;
}

export function checkHealth(
  dispatcher: Dispatcher,
  host: string | undefined,
  question: HealthQuestion,
  { timeoutMs, clock }: { readonly timeoutMs: number; readonly clock: Clock },
): Promise<Verdict> {
  return new Promise((resolve) => {
    const check = new Check(question, timeoutMs, clock, resolve);
    const { path, method, body } = question;
    const headers = {
      ...question.headers,
      'user-agent': 'portico-health-check',
      ...(host === undefined ? {} : { host }),
    };
    try {
      dispatcher.dispatch({ path, method, headers, body }, check);
    } catch (error) {
      check.end((error as Error).message);
    }
  });
}

/** A GET, whose status tells. */
export const httpQuestion = ({ path, statuses }: HttpHealth): HealthQuestion => ({
  path,
  method: 'GET',
  headers: { accept: '*/*' },
  body: null,
  judge({ status }) {
    const isExpected = statuses.some(
      (each) => each === status || each === `${Math.floor(status / 100)}xx`,
    );
    return isExpected ? undefined : `status ${status}`;
  },
});

class Check implements Dispatcher.DispatchHandler {
  readonly #question: HealthQuestion;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #resolve: (verdict: Verdict) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #isOver = false;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #status = 0;
  #headers: IncomingHttpHeaders = {};

  constructor(
    question: HealthQuestion,
    timeoutMs: number,
    clock: Clock,
    resolve: (verdict: Verdict) => void,
  ) {
    this.#question = question;
    this.#clock = clock;
    this.#resolve = resolve;
    this.#timer = clock.after(timeoutMs, () => this.end(`no answer within ${timeoutMs} ms`));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error('the check is over'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= MAX_BODY_BYTES) this.#chunks.push(chunk);
    // The head is known, which is enough.
    else this.end(this.#verdict({}));
  }

  onResponseEnd(_controller: unknown, trailers: IncomingHttpHeaders = {}): void {
    this.#controller = undefined;
    this.end(this.#verdict(trailers));
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

  #verdict(trailers: IncomingHttpHeaders): Verdict {
    const body = Buffer.concat(this.#chunks);
    return this.#question.judge({
      status: this.#status,
      headers: this.#headers,
      trailers,
      body,
    });
  }
}
