/**
 * Waits for the whole of a short request body before the call takes a slot, so that a client that sends
 * slowly does not occupy the upstream.
 *
 * It comes after the shedder, so that no body is read while the circuit is open, and before the bulkhead,
 * whose `wait` begins once the body is complete. A longer body streams and holds a slot meanwhile. So do
 * the messages of a conversation (gRPC), and every body that comes while too many bytes are held.
 */
import type { UpstreamRequest, UpstreamResponse } from '../core/call.ts';
import type { Abortable, Layer, Receiver, Sender } from '../core/sender.ts';
import { type RequestBody, streamed, type UploadRoom } from '../core/request-body.ts';

/** The limit for one body; this much is kept for retries anyway. */
const BODY_BYTES = 65_536;
/** The limit for all bodies of one gateway. */
const ALL_BYTES = 64 * 1_048_576;

/** The bytes of bodies being collected now, for all upstreams. */
export class CollectedBytes {
  readonly #most: number;
  #held = 0;

  constructor(most = ALL_BYTES) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** Counts `bytes` that have arrived; returns whether more may follow. */
  add(bytes: number): boolean {
    this.#held += bytes;
    return this.#held < this.#most;
  }

  remove(bytes: number): void {
    this.#held -= bytes;
  }
}

/**
 * Collects the body, then passes the call on with all of it.
 *
 * @throws the reason, if the call is cancelled meanwhile
 */
export function collectBody(all: CollectedBytes): Layer {
  return {
    wrap: (next) => ({
      send(request, receiver) {
        const upload = streamed(request.body);
        if (upload === undefined || !isShort(upload)) return next.send(request, receiver);
        return new Collecting(receiver, new Room(all)).start(request, upload, next);
      },
    }),
  };
}

class Collecting implements Receiver, Abortable {
  readonly #receiver: Receiver;
  readonly #room: Room;
  #sent: Abortable | undefined;

  constructor(receiver: Receiver, room: Room) {
    this.#receiver = receiver;
    this.#room = room;
  }

  start(request: UpstreamRequest, body: RequestBody, next: Sender): this {
    body
      .collect(this.#room, request.signal)
      .then((bytes) => {
        // The deadline was paused meanwhile. A body of plain bytes cannot show that, so it is moved.
        const deadlineAt = request.deadlineAt + body.flowedMs();
        const whole = bytes === undefined ? request : { ...request, body: bytes, deadlineAt };
        this.#sent = next.send(whole, this);
      })
      .catch((error: unknown) => this.failed(error));
    return this;
  }

  abort(reason: Error): void {
    this.#sent?.abort(reason);
  }

  answered(response: UpstreamResponse): void {
    this.#room.leave();
    this.#receiver.answered(response);
  }

  failed(error: unknown): void {
    this.#room.leave();
    this.#receiver.failed(error);
  }
}

const isShort = ({ length = 0, isConversation }: RequestBody): boolean =>
  length <= BODY_BYTES && !isConversation;

/** The share of one body. */
class Room implements UploadRoom {
  readonly #all: CollectedBytes;
  #bytes = 0;

  constructor(all: CollectedBytes) {
    this.#all = all;
  }

  add(bytes: number): boolean {
    this.#bytes += bytes;
    return this.#all.add(bytes) && this.#bytes <= BODY_BYTES;
  }

  leave(): void {
    this.#all.remove(this.#bytes);
    this.#bytes = 0;
  }
}
