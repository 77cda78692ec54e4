/** Types of what the tests use of ws, which ships none. */
declare module 'ws' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingMessage, Server } from 'node:http';

  export interface ClientOptions {
    readonly headers?: Readonly<Record<string, string>>;
    readonly perMessageDeflate?: boolean;
    readonly maxPayload?: number;
  }

  export class WebSocket extends EventEmitter {
    static readonly OPEN: number;
    readonly readyState: number;
    readonly protocol: string;
    readonly extensions: string;
    constructor(url: string, protocols?: readonly string[] | string, options?: ClientOptions);
    send(data: string | Uint8Array, options?: { binary?: boolean; compress?: boolean }): void;
    send(data: string | Uint8Array, sent: (error?: Error | null) => void): void;
    close(code?: number, reason?: string): void;
    terminate(): void;
    ping(data?: Uint8Array): void;
    pause(): void;
    resume(): void;
  }

  export interface ServerOptions {
    readonly noServer?: boolean;
    readonly server?: Server;
    readonly maxPayload?: number;
    readonly perMessageDeflate?: boolean | { readonly threshold?: number };
    readonly handleProtocols?: (
      offered: ReadonlySet<string>,
      request: IncomingMessage,
    ) => string | false;
  }

  export class WebSocketServer extends EventEmitter {
    readonly clients: ReadonlySet<WebSocket>;
    constructor(options: ServerOptions);
    close(): void;
  }
}
