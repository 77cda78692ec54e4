/** One origin of an upstream, with its sockets. */
import type { Dispatcher } from 'undici';

export class Target {
  readonly origin: string;
  readonly weight: number;
  readonly dispatcher: Dispatcher;
  /** Exchanges open now. */
  inflight = 0;
  /** Requests that wait for a connection; undici lets go of one that was given up only when it has one. */
  waiting = 0;

  constructor(origin: string, weight: number, dispatcher: Dispatcher) {
    this.origin = origin;
    this.weight = weight;
    this.dispatcher = dispatcher;
  }
}
