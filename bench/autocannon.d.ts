/** Types of what the bench uses of autocannon, which ships none. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  /** One connection. */
  export interface Client {
    /** Replaces the fields of every request on this connection. */
    setHeaders(headers: Readonly<Record<string, string>>): void;
  }

  export interface Options {
    readonly url: string;
    readonly connections: number;
    readonly method?: 'GET' | 'POST';
    readonly body?: Buffer;
    /** Seconds. */
    readonly duration: number;
    /** Milliseconds between looks at whether to stop. */
    readonly sampleInt: number;
    readonly setupClient: (client: Client) => void;
  }

  export interface Events {
    response: [client: Client, status: number, bytes: number, milliseconds: number];
    reqError: [error: Error];
  }

  /** A run under way; it can be awaited. */
  export interface Run extends EventEmitter<Events>, PromiseLike<unknown> {
    stop(): void;
  }

  export default function autocannon(options: Options): Run;
}
