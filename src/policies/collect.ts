/**
 * Waits for all of a short request body before a slot is taken, so that a client that sends slowly holds
 * nothing of the upstream's.
 *
 * Behind the shedder, so that an open circuit reads no body; before the bulkhead, whose `wait` begins when
 * the body is whole. A longer body streams, with a slot. So do the messages of a conversation (gRPC), and
 * whatever comes while too many bytes are held already.
 */
import type { Policy, UpstreamRequest, UpstreamResponse } from '../core/call.ts';
import { type RequestBody, streamed, type UploadRoom } from '../core/request-body.ts';

/** Of one body; so much is kept for retries anyway. */
const BODY_BYTES = 65_536;
/** Of all bodies of one gateway. */
const ALL_BYTES = 64 * 1_048_576;

/** The bytes of bodies that are collected at this moment, of all upstreams. */
export class CollectedBytes {
  readonly #most: number;
  #held = 0;

  constructor(most = ALL_BYTES) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** Counts `bytes` that are here already; says whether more may follow. */
  add(bytes: number): boolean {
    this.#held += bytes;
    return this.#held < this.#most;
  }

  remove(bytes: number): void {
    this.#held -= bytes;
  }
}

/** Collects the body, then sends all of it. @throws why the call was cancelled meanwhile */
export function collectBody(all: CollectedBytes): Policy {
  return (next) => {
    async function collected(
      request: UpstreamRequest,
      body: RequestBody,
    ): Promise<UpstreamResponse> {
      const room = new Room(all);
      try {
        const bytes = await body.collect(room, request.signal);
        if (bytes === undefined) return await next(request);
        // The deadline stood still meanwhile, which nobody could tell from these bytes.
        const deadlineAt = request.deadlineAt + body.flowedMs();
        return await next({ ...request, body: bytes, deadlineAt });
      } finally {
        room.leave();
      }
    }
    return function collecting(request) {
      const upload = streamed(request.body);
      return upload !== undefined && isShort(upload) ? collected(request, upload) : next(request);
    };
  };
}

const isShort = ({ length = 0, isConversation }: RequestBody): boolean =>
  length <= BODY_BYTES && !isConversation;

/** What one body may take of it. */
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
  }
}
