/**
 * One exchange's slot, and the choice of the slot that gives way. While calls wait and more than half of
 * the slots belong to clients that keep the gateway waiting, the exchange that is furthest behind ends.
 *
 * Only a client can be behind: bytes of its upload are due, or it does not read the response. An exchange
 * that waits for its upstream, such as an event stream, keeps its slot. A conversation (gRPC) can be
 * behind with its upload only until its response begins, and gives way only if no other exchange would.
 */
import type { Body } from '../core/body.ts';
import type { UpstreamRequest, UpstreamResponse } from '../core/call.ts';
import { GatewayError } from '../core/errors.ts';
import type { GuardReceiver } from '../core/sender.ts';
import { Linked } from '../core/linked-list.ts';
import { streamed } from '../core/request-body.ts';

/** A client that is further behind than this may have to give way. */
export const BEHIND_MS = 500;

/** What the slot waited for: the client's request body, or its reading of the response. */
export type SlowSide = 'upload' | 'reader';

/** A slot that was given up, for the log and the metric. */
export interface GivenUp {
  readonly request: UpstreamRequest;
  readonly side: SlowSide;
  readonly behindMs: number;
}

export class Slot extends Linked<Slot> implements GuardReceiver {
  readonly request: UpstreamRequest;
  readonly #onRelease: (slot: Slot) => void;
  #body: Body | undefined;
  #isHeld = true;

  constructor(request: UpstreamRequest, onRelease: (slot: Slot) => void) {
    super();
    this.request = request;
    this.#onRelease = onRelease;
  }

  /** The slot is held until the body closes, or becomes a stream. */
  answered({ body, stream }: UpstreamResponse): void {
    this.#body = body;
    if (stream !== undefined) body.onStream(() => this.release());
  }

  closed(): void {
    this.release();
  }

  failed(): void {
    this.release();
  }

  /** Does nothing the second time. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#onRelease(this);
  }

  /** How far the client is behind, in milliseconds at `now`. */
  behindMs(now: number): number {
    return Math.max(this.#uploadLagMs(now), this.#body?.readerLagMs(now) ?? 0);
  }

  /** In a conversation, the client may have nothing to send yet. */
  get isConversation(): boolean {
    return streamed(this.request.body)?.isConversation === true;
  }

  /** Ends the exchange because its client is too slow. */
  giveWay(now: number): GivenUp {
    const side = this.#uploadLagMs(now) === this.behindMs(now) ? 'upload' : 'reader';
    const given = { request: this.request, side, behindMs: this.behindMs(now) } as const;
    const detail = `the client ${SIDES[side]} too slowly while others waited for its slot`;
    this.request.signal.cancel(new GatewayError('GW_REQUEST_TIMEOUT', detail));
    // The signal ends the work on this exchange; the slot does not wait for that.
    this.release();
    return given;
  }

  #uploadLagMs(now: number): number {
    const upload = streamed(this.request.body);
    if (upload === undefined) return 0;
    const isTalk = upload.isConversation && this.#body !== undefined;
    return isTalk ? 0 : upload.lagMs(now);
  }
}

const SIDES: Readonly<Record<SlowSide, string>> = {
  upload: 'sent its request',
  reader: 'read its response',
};

/**
 * The slot that gives way, out of the `held` ones; `undefined` if none does. `concurrency` is the number
 * of slots.
 */
export function slotToGiveWay(
  held: Iterable<Slot>,
  concurrency: number,
  now: number,
): Slot | undefined {
  let behind = 0;
  let last: Slot | undefined;
  let mostMs = 0;
  for (const slot of held) {
    const ms = slot.behindMs(now);
    if (ms < BEHIND_MS) continue;
    behind += 1;
    const isLater = last === undefined || ms > mostMs;
    const isFitter = last?.isConversation === true && !slot.isConversation;
    const isSpared = last?.isConversation === false && slot.isConversation;
    if (isFitter || (isLater && !isSpared)) {
      last = slot;
      mostMs = ms;
    }
  }
  return behind * 2 > concurrency ? last : undefined;
}
