/**
 * One origin of an upstream, with its sockets.
 *
 * This folder is the only place that knows undici.
 */
import { type Dispatcher, Pool } from 'undici';
import type { UpstreamConfig } from '../config/config.ts';

export class Target {
  readonly origin: string;
  readonly weight: number;
  readonly dispatcher: Dispatcher;
  /** Exchanges open now. */
  inflight = 0;

  constructor(origin: string, weight: number, dispatcher: Dispatcher) {
    this.origin = origin;
    this.weight = weight;
    this.dispatcher = dispatcher;
  }
}

/** The sockets of one target; calls never wait in it, since the bulkhead admits no more. */
export function openPool(origin: string, config: UpstreamConfig): Dispatcher {
  return new Pool(origin, {
    connections: config.connections,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: config.connectTimeoutMs },
    // Timers are ours and exact; undici's would fire up to half a second late.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 600_000,
  });
}
