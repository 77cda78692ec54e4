/** `POST /try`: only with `admin.token` set, and given. */

/** A request to send to the gateway's own port, as a client would. */
export interface TryOrder {
  /** Name of the listener to send it to. Default: the first one on a network, or else the first. */
  readonly listener?: string;
  /** Default GET. CONNECT is refused, and so is an upgrade. */
  readonly method?: string;
  /** With its query; it begins with `/`. */
  readonly path: string;
  /** In this order; at most 100. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Text; at most 256 KiB. */
  readonly body?: string;
  /** For the log; at most 200 characters. */
  readonly reason?: string;
}

export interface TryAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The first 64 KiB. */
  readonly body: string;
  /** `base64` where the body is not UTF-8. */
  readonly encoding: 'utf8' | 'base64';
  /** The body was longer. */
  readonly truncated: boolean;
  /** For `GET /requests/{id}`. */
  readonly requestId?: string;
  /** From the start to the end of what was read. */
  readonly ms: number;
}
