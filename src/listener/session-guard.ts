/**
 * Bounds what one HTTP/2 connection may cost besides its requests: idle time, and frames that make
 * work for the gateway but none for the client.
 */
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Clock, Timer } from '../core/clock.ts';
import type { ServerConfig } from '../config/build/config.ts';

const WINDOW_MS = 10_000;
/** Streams in that time that ended without a response, whichever side ended them (CVE-2025-8671). */
const CUT_STREAMS = 1_000;
/** Pings and changes of settings in that time (CVE-2019-9512, CVE-2019-9515). */
const CONTROL_FRAMES = 500;

export class SessionGuard {
  readonly #session: ServerHttp2Session;
  readonly #clock: Clock;
  readonly #keepAliveMs: number;
  readonly #cut: Rate;
  readonly #control: Rate;
  #open = 0;
  #idle: Timer | undefined;

  constructor(session: ServerHttp2Session, limits: ServerConfig['limits'], clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    this.#keepAliveMs = limits.keepAliveMs;
    this.#cut = new Rate(CUT_STREAMS, clock);
    this.#control = new Rate(CONTROL_FRAMES, clock);
    this.#closeAfter(limits.headersTimeoutMs);
    const count = (): void => this.#count(this.#control);
    session.on('ping', count).on('remoteSettings', count);
    session.once('close', () => clock.cancel(this.#idle));
  }

  /** A stream has begun. */
  watch(stream: ServerHttp2Stream): void {
    this.#clock.cancel(this.#idle);
    this.#open += 1;
    stream.once('close', () => {
      this.#open -= 1;
      if (stream.aborted || !stream.writableFinished) this.#count(this.#cut);
      if (this.#open === 0 && !this.#session.destroyed) this.#closeAfter(this.#keepAliveMs);
    });
  }

  #closeAfter(ms: number): void {
    this.#idle = this.#clock.after(ms, () => this.#session.close());
  }

  #count(rate: Rate): void {
    if (rate.isExceeded() && !this.#session.destroyed) {
      this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
  }
}

/** Events in windows of ten seconds. */
class Rate {
  readonly #limit: number;
  readonly #clock: Clock;
  #count = 0;
  #since: number;

  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** Counts one more. */
  isExceeded(): boolean {
    const now = this.#clock.now();
    if (now - this.#since > WINDOW_MS) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count > this.#limit;
  }
}
