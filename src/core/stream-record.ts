/**
 * What happens on one stream, from its opening to its end: for the access log and metrics, which read only
 * this.
 */

export type StreamSide = 'client' | 'upstream';

/** One direction of a stream. */
export interface Flow {
  messages: number;
  /** On the wire, with the frames around the payloads. */
  bytes: number;
}

export class StreamRecord {
  /** What it speaks. */
  readonly kind: 'websocket';
  /** Name of the route. */
  readonly route: string;
  /** From the client. */
  readonly received: Flow = { messages: 0, bytes: 0 };
  /** To the client. */
  readonly sent: Flow = { messages: 0, bytes: 0 };
  /** The close code (RFC 6455 §7.4.1); 1005: a close frame without one, 1006: no close frame. */
  code = 1006;
  /** Who ended it; `undefined` while it is open. */
  endedBy: StreamSide | 'gateway' | undefined;
  /** Why the gateway ended it, in one word. */
  reason: string | undefined;
  #isOver = false;
  #listeners: (() => void)[] = [];
  #told = { received: 0, sent: 0 };

  constructor(kind: 'websocket', route: string) {
    this.kind = kind;
    this.route = route;
  }

  /** Notes how it ended. Only the first ending counts; later ones are its consequences. */
  ending(endedBy: StreamSide | 'gateway', code: number, reason?: string): void {
    if (this.endedBy !== undefined) return;
    this.endedBy = endedBy;
    this.code = code;
    this.reason = reason;
  }

  /** Both connections are closed. */
  end(): void {
    this.#isOver = true;
    for (const tell of this.#listeners.splice(0)) tell();
  }

  /** Calls `listener` when it is over; at once if it already is. */
  onEnd(listener: () => void): void {
    if (this.#isOver) listener();
    else this.#listeners.push(listener);
  }

  /** The bytes since the last call. */
  takeBytes(): { readonly received: number; readonly sent: number } {
    const { received, sent } = this;
    const before = this.#told;
    this.#told = { received: received.bytes, sent: sent.bytes };
    return { received: received.bytes - before.received, sent: sent.bytes - before.sent };
  }
}
