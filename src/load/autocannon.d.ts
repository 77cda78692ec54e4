/** Types of what is used here of autocannon, which ships none. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  /** One connection. */
  export interface Client {
    /** Replaces the fields of every request on this connection. */
    setHeaders(headers: Readonly<Record<string, string>>): void;
  }

  /** What each connection sends, as it is: a path in `url` would be normalized. */
  export interface Request {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: Buffer;
  }

  export interface Options {
    readonly url: string;
    readonly connections: number;
    readonly method?: 'GET' | 'POST';
    readonly body?: Buffer;
    readonly requests?: readonly Request[];
    /** Seconds. */
    readonly duration: number;
    /** Seconds until a request without an answer is an error. Default 10. */
    readonly timeout?: number;
    /** Milliseconds between looks at whether to stop. */
    readonly sampleInt: number;
    readonly setupClient?: (client: Client) => void;
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
