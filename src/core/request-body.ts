/**
 * A request body that is not in memory as bytes: it streams in during the call, and another attempt may
 * need it again.
 */
import type { Readable } from 'node:stream';
import type { Cancellation } from './cancellation.ts';
import type { GatewayError } from './errors.ts';

/** Where collected bytes are held. */
export interface UploadRoom {
  /** Counts `bytes` that have arrived; returns whether more may follow. */
  add(bytes: number): boolean;
}

export interface RequestBody {
  /** Declared length; `undefined` when it comes in chunks. */
  readonly length: number | undefined;
  /** Has the sender sent everything? */
  readonly isEnded: boolean;
  /** Is an attempt sending it, with more to come? Deadlines are paused meanwhile. */
  readonly isFlowing: boolean;
  /** A stream of messages that come at any time (gRPC). */
  readonly isConversation: boolean;
  /** Can another attempt send it from its first byte? */
  readonly isReplayable: boolean;
  /** How long it has been flowing in total, in milliseconds. */
  flowedMs(): number;
  /** How far its sender is behind with the bytes asked for, in milliseconds at `now`. */
  lagMs(now: number): number;
  /** How long it has brought nothing while bytes were asked for, in milliseconds at `now`. */
  quietMs(now: number): number;
  /** Runs `listener` when the sender has sent everything; at once if it has. */
  onEnd(listener: () => void): void;
  /**
   * Runs `listener` when it stops flowing, because it or its attempt ended; at once if it does not flow.
   */
  onRest(listener: () => void): void;
  /**
   * A stream of the whole body for one attempt; an earlier attempt's stream gets nothing more. `onStall`
   * is called if the attempt stops taking bytes; without it the call fails.
   */
  open(onStall?: (error: GatewayError) => void): Readable;
  /**
   * The whole body, before any attempt; `undefined` if it exceeds `room`, and then attempts stream it.
   * Rejects when the call is cancelled.
   */
  collect(room: UploadRoom, signal: Cancellation): Promise<Buffer | undefined>;
}

/** `body` if it is a stream; `undefined` if it is bytes or absent. */
export const streamed = (body: Uint8Array | RequestBody | undefined): RequestBody | undefined =>
  body instanceof Uint8Array ? undefined : body;
