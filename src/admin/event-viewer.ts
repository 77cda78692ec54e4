/**
 * One reader of `GET /events`.
 *
 * One that does not read misses snapshots: of what it has not read, nothing is added to what the socket holds. One that
 * has read nothing for half a minute is cut off.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { Shot, Viewer } from './live.ts';

/** What a viewer needs of a response. */
export type EventResponse = Pick<
  ServerResponse,
  | 'destroy'
  | 'destroyed'
  | 'end'
  | 'headersSent'
  | 'once'
  | 'writableNeedDrain'
  | 'write'
  | 'writeHead'
>;

/** How long a browser waits before it connects again. */
const RETRY_MS = 2_000;
export const PATIENCE_MS = 30_000;

export class EventViewer implements Viewer {
  readonly #response: EventResponse;
  readonly #clock: Clock;
  /** Since when it has read nothing, on the clock. */
  #stuckSince: number | undefined;

  constructor(response: EventResponse, clock: Clock) {
    this.#response = response;
    this.#clock = clock;
  }

  open(leave: () => void): void {
    if (this.#response.destroyed) leave();
    else this.#response.once('close', leave);
  }

  show(shot: Shot | undefined): void {
    this.#begin();
    if (this.#isStuck()) return;
    // A comment keeps the connection alive.
    this.#response.write(shot?.event ?? ':\n\n');
  }

  end(): void {
    this.#response.end();
  }

  #begin(): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // For proxies that would collect the events (nginx).
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    this.#response.write(`retry: ${RETRY_MS}\n\n`);
  }

  #isStuck(): boolean {
    if (!this.#response.writableNeedDrain) {
      this.#stuckSince = undefined;
      return false;
    }
    const now = this.#clock.now();
    this.#stuckSince ??= now;
    if (now - this.#stuckSince >= PATIENCE_MS) this.#response.destroy();
    return true;
  }
}
