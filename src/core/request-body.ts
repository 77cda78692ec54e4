/**
 * The body of a request to an upstream, where it is not here as bytes: it streams in while the call is made,
 * and another attempt may need it again.
 */
import type { Readable } from 'node:stream';
import type { Cancellation } from './cancellation.ts';
import type { GatewayError } from './errors.ts';

/** Where collected bytes are held. */
export interface UploadRoom {
  /** Counts `bytes` that are here already; says whether more may follow. */
  add(bytes: number): boolean;
}

export interface RequestBody {
  /** Declared length; `undefined` when it comes in chunks. */
  readonly length: number | undefined;
  /** Has the sender sent everything? */
  readonly isEnded: boolean;
  /** Is it on its way: does an attempt take it, and is there more to come? Deadlines stand still. */
  readonly isFlowing: boolean;
  /** Messages that come when there is something to say (gRPC). */
  readonly isConversation: boolean;
  /** Can another attempt send it from its first byte? */
  readonly isReplayable: boolean;
  /** For how long it has been on its way, in all, in milliseconds. */
  flowedMs(): number;
  /** How far its sender is behind with what we ask for, in milliseconds at `now`. */
  lagMs(now: number): number;
  /** Runs `listener` when the sender has sent everything; at once where it has. */
  onEnd(listener: () => void): void;
  /** Runs `listener` when it no longer flows: it ended, or its attempt did; at once where so. */
  onRest(listener: () => void): void;
  /**
   * A stream of the whole body for one attempt; an earlier attempt's gets no more. `onStall` ends that
   * attempt when it takes nothing; without it the call ends.
   */
  open(onStall?: (error: GatewayError) => void): Readable;
  /**
   * All of the body, before any attempt; `undefined` where it is more than `room` holds: then attempts get
   * it as it comes. Rejects when the call is cancelled.
   */
  collect(room: UploadRoom, signal: Cancellation): Promise<Buffer | undefined>;
}

/** `body` where it streams; `undefined` where all of it is here, or there is none. */
export const streamed = (body: Uint8Array | RequestBody | undefined): RequestBody | undefined =>
  body instanceof Uint8Array ? undefined : body;
