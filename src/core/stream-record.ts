/**
 * What happens on one stream, from its opening to its end: for the access log and metrics, which read only
 * this.
 */
import type { AnswerKind } from './stream-type.ts';

export type StreamKind = AnswerKind | 'websocket';

export type StreamSide = 'client' | 'upstream';

/** How an answer ended that has no codes of its own: whole, cut, or as the gateway had to end it. */
export type StreamEnding = 'complete' | 'client' | 'cut' | 'idle' | 'restart' | 'max-age';

/** One direction of a stream. */
export interface Flow {
  messages: number;
  /** On the wire, with the frames around the payloads. */
  bytes: number;
}

export class StreamRecord {
  /** What it speaks. */
  readonly kind: StreamKind;
  /** Name of the route. */
  readonly route: string;
  /** When it opened, on the clock. */
  readonly openedAt: number;
  /** From the client. */
  readonly received: Flow = { messages: 0, bytes: 0 };
  /** To the client. */
  readonly sent: Flow = { messages: 0, bytes: 0 };
  /**
   * Of a WebSocket: the close code (RFC 6455 §7.4.1); 1005: a close frame without one, 1006: no close frame. Of gRPC:
   * the status, 0 to 16.
   */
  code: number | StreamEnding;
  /** Who ended it; `undefined` while it is open. */
  endedBy: StreamSide | 'gateway' | undefined;
  /** Why the gateway ended it, in one word. */
  reason: string | undefined;
  #isOver = false;
  #listeners: (() => void)[] = [];
  #told = { received: 0, sent: 0 };

  constructor(kind: StreamKind, route: string, openedAt: number) {
    this.kind = kind;
    this.route = route;
    this.openedAt = openedAt;
    this.code = kind === 'websocket' ? 1006 : 'cut';
  }

  /** Notes how it ended. Only the first ending counts; later ones are its consequences. */
  ending(endedBy: StreamSide | 'gateway', code: number | StreamEnding, reason?: string): void {
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
