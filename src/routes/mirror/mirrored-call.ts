/**
 * One copy of a request, from the moment it is wanted to the end of its comparison. Nobody waits for it, and it
 * waits for nobody longer than its own `timeout`.
 */
import type { UpstreamRequest, UpstreamResponse } from '../../core/call.ts';
import type { Cancellation } from '../../core/cancellation.ts';
import type { Timer } from '../../core/clock.ts';
import { GatewayError, toGatewayError } from '../../core/errors.ts';
import type { Headers } from '../../core/headers.ts';
import { CallRecord } from '../../core/record.ts';
import type { Receiver } from '../../core/sender.ts';
import { Upload } from '../../core/upload.ts';
import { isRefusal } from '../../policies/kept-answer.ts';
import { type AnswerCopy, copyHead } from './answer-copy.ts';
import { judge, type Side } from './judgement.ts';
import type { Mirror } from './mirror.ts';
import { RequestCopy } from './request-copy.ts';

/** Tells upstreams that nobody waits for their answer: the route whose request it is a copy of. */
export const MIRROR_HEADER = 'portico-mirror';

/** Their validators are of one service (RFC 9110 §13.1): another one answers otherwise, and is right to. */
const CONDITIONS = [
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'if-range',
];

const isConditional = (headers: Headers): boolean =>
  CONDITIONS.some((name) => headers[name] !== undefined);

export class MirroredCall implements Receiver {
  readonly mirror: Mirror;
  /** It was chosen to be compared. */
  readonly isCompared: boolean;
  readonly #request: UpstreamRequest;
  readonly #signal: Cancellation;
  #copy: RequestCopy | undefined;
  #startedAt = 0;
  #timer: Timer | undefined;
  /** `none`: the primary gave no answer that could be compared. */
  #primary: Side | 'none' | undefined;
  #own: Side | undefined;
  #isJudged = false;
  #isOver = false;

  constructor(mirror: Mirror, request: UpstreamRequest) {
    const { config, context } = mirror;
    this.mirror = mirror;
    this.#request = request;
    this.#signal = mirror.mirrors.signal.child();
    const share = isConditional(request.headers) ? 0 : (config.compare?.share ?? 0);
    this.isCompared = share > 0 && (share >= 1 || context.random() < share);
  }

  /** Call it before the primary's call begins to read the body. */
  begin(): void {
    const { body, signal } = this.#request;
    if (body === undefined || body instanceof Uint8Array) {
      this.#sendSoon(body);
      return;
    }
    if (!(body instanceof Upload)) {
      // Only policies further in make other bodies; a stream of theirs has one reader.
      this.#drop('incomplete');
      return;
    }
    this.#copy = new RequestCopy(this.mirror, signal, (copied) => {
      if (typeof copied === 'string') this.#drop(copied);
      else this.#sendSoon(copied);
    });
    this.#copy.follow(body);
  }

  /** The primary's exchange is over; `none`: it gave no answer that could be compared. */
  primaryEnded(side: Side | 'none'): void {
    this.#copy?.giveUp();
    this.#primary = side;
    this.#settle();
  }

  answered(response: UpstreamResponse): void {
    const ms = this.#elapsed();
    this.mirror.count('answered');
    const { compare } = this.mirror.config;
    const { status, headers, body } = response;
    if (!this.isCompared || compare === undefined) {
      void body.dump(this.mirror.config.maxBodyBytes).then(() => this.#end());
      return;
    }
    const answer = copyHead(status, headers, compare);
    body.readInto({
      chunk: (bytes) => {
        // Past the cap nothing of it can be compared, so the rest is not waited for.
        if (!answer.body.add(bytes)) body.destroy();
        return true;
      },
      end: () => this.#answeredWith(answer, ms),
      fail: (error) => {
        if (answer.body.isOver) this.#answeredWith(answer, ms);
        else this.#failedWith(error, ms);
      },
    });
  }

  failed(error: unknown): void {
    if (isRefusal(error)) {
      this.#drop('refused');
      return;
    }
    this.mirror.count('failed');
    this.#failedWith(error, this.#elapsed());
  }

  #answeredWith(answer: AnswerCopy, ms: number): void {
    this.#own ??= { status: answer.status, answer, ms };
    this.#settle();
  }

  #failedWith(error: unknown, ms: number): void {
    this.#own ??= { status: toGatewayError(error).code, answer: undefined, ms };
    if (this.isCompared && this.mirror.mirrors.signal.reason === undefined) this.#settle();
    else this.#end();
  }

  /** In a turn of its own: the primary's bytes go first. */
  #sendSoon(body: UpstreamRequest['body']): void {
    setImmediate(() => this.#send(body));
  }

  #send(body: UpstreamRequest['body']): void {
    const { state, config, clock } = this.mirror;
    if (this.#isOver) return;
    if (state.open >= config.concurrency) {
      this.#drop('full');
      return;
    }
    state.open += 1;
    this.#startedAt = clock.now();
    this.#timer = clock.after(config.timeoutMs, () => this.#expire());
    try {
      this.mirror.sender.send(this.#requestWith(body), this);
    } catch (error) {
      this.failed(error);
    }
  }

  #requestWith(body: UpstreamRequest['body']): UpstreamRequest {
    const { config, route, clock } = this.mirror;
    const request = this.#request;
    const parent = request.context.trace?.own();
    const headers = {
      ...request.headers,
      ...(parent !== undefined && { traceparent: parent }),
      [MIRROR_HEADER]: route,
    };
    return {
      ...request,
      upstream: config.upstream,
      path: this.mirror.pathOf(request),
      headers,
      body,
      signal: this.#signal,
      record: new CallRecord('forward', '', config.upstream, clock.now()),
    };
  }

  #expire(): void {
    const detail = `a mirror may take ${this.mirror.config.timeoutMs} ms`;
    this.#signal.cancel(new GatewayError('GW_DEADLINE_EXCEEDED', detail));
    // Its answer is here, and the primary's has not come in time to be compared with it.
    if (this.#primary === undefined) this.primaryEnded('none');
  }

  /** Compares, once both sides have answered. */
  #settle(): void {
    const [primary, own] = [this.#primary, this.#own];
    if (primary === undefined || own === undefined || this.#isJudged) return;
    this.#isJudged = true;
    void judge(this.mirror, this.#request, primary, own).finally(() => this.#end());
  }

  #drop(outcome: 'full' | 'large' | 'incomplete' | 'refused'): void {
    if (this.#isOver) return;
    this.mirror.count(outcome);
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.mirror.clock.cancel(this.#timer);
    this.#copy?.release();
    // The timer tells whether it was sent.
    if (this.#timer !== undefined) this.mirror.state.open -= 1;
  }

  #elapsed(): number {
    return this.mirror.clock.now() - this.#startedAt;
  }
}
