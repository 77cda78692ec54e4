/**
 * Limits how many bytes the other end of one HTTP/2 connection may send ahead of our readers.
 *
 * A stream moves one window per round trip (RFC 9113 §5.2), so a narrow window is slow over a distance,
 * but a hundred wide ones could hold too much memory. Hence two bounds:
 *
 * - Streams share `sharedBytes`: few get wide windows, many get narrow ones. All streams have the same
 *   window (SETTINGS_INITIAL_WINDOW_SIZE); it narrows as soon as there are more streams, and widens while
 *   a stream uses it up.
 * - Unread bytes are subtracted from the connection's window, so that there are never more than
 *   `unreadBytes`, even if the other end ignores the first bound. Node.js itself would reopen that window
 *   as bytes arrive, read or not. It is wider than all stream windows together, so unread streams leave
 *   room for the others.
 */
import type { Http2Session, Http2Stream } from 'node:http2';

export interface FlowWindowOptions {
  /** The most bytes that all streams together may leave unread. */
  readonly unreadBytes: number;
  readonly sharedBytes: number;
  /** The least size of a stream's window, whatever its share. */
  readonly narrowestBytes: number;
  readonly widestBytes: number;
  /** The window announced when the connection began. */
  readonly initialBytes: number;
}

/** The connection's window changes in steps of this size. */
const STEP_BYTES = 65_536;
/** The most unacknowledged changes; Node.js ends a session at 10. */
const MOST_UNANSWERED = 8;

interface Flow {
  unread: number;
  /** Bytes received since it last asked for a wider window. */
  received: number;
  /** It has used up its window, so all streams got a wider one. */
  isFast: boolean;
  isOpen: boolean;
}

export class FlowWindows {
  readonly #session: Http2Session;
  readonly #options: FlowWindowOptions;
  #flows = 0;
  #unread = 0;
  /** The bytes by which the connection's window is reduced. */
  #withheld = 0;
  #window: number;
  #unanswered = 0;
  #fast = 0;

  constructor(session: Http2Session, options: FlowWindowOptions) {
    this.#session = session;
    this.#options = options;
    this.#window = options.initialBytes;
  }

  /** Narrows the windows before a stream opens, so that it gets no more than its share. */
  makeRoom(): void {
    this.#narrow(this.#flows + 1);
  }

  /** Follows an open `stream`. */
  watch(stream: Http2Stream): void {
    const flow: Flow = { unread: 0, received: 0, isFast: false, isOpen: true };
    this.#flows += 1;
    this.#narrow(this.#flows);
    const push = stream.push.bind(stream);
    const read = stream._read.bind(stream);
    stream.push = (chunk: Uint8Array | null, encoding?: BufferEncoding) => {
      const wantsMore = push(chunk, encoding);
      this.#count(flow, stream.readableLength);
      if (chunk !== null) this.#widenFor(flow, chunk.length);
      return wantsMore;
    };
    stream._read = (bytes) => {
      this.#count(flow, stream.readableLength);
      read(bytes);
    };
    const forget = (): void => this.#forget(flow);
    stream.once('end', forget);
    stream.once('close', forget);
  }

  #forget(flow: Flow): void {
    if (!flow.isOpen) return;
    flow.isOpen = false;
    this.#flows -= 1;
    this.#count(flow, 0);
    if (!flow.isFast) return;
    this.#fast -= 1;
    // Many streams may open before the other end learns of narrower windows.
    if (this.#fast === 0) this.#narrowTo(this.#options.initialBytes);
  }

  #count(flow: Flow, unread: number): void {
    this.#unread += unread - flow.unread;
    flow.unread = unread;
    const withheld = Math.ceil(this.#unread / STEP_BYTES) * STEP_BYTES;
    if (withheld === this.#withheld || this.#session.destroyed) return;
    this.#withheld = withheld;
    this.#session.setLocalWindowSize(Math.max(this.#options.unreadBytes - withheld, 0));
  }

  #narrow(streams: number): void {
    this.#narrowTo(this.#shareOf(streams));
  }

  #narrowTo(bytes: number): void {
    if (bytes < this.#window && this.#unanswered < MOST_UNANSWERED) this.#tell(bytes);
  }

  /** A stream that has received half of its window may need a wider one. */
  #widenFor(flow: Flow, bytes: number): void {
    flow.received += bytes;
    if (flow.received < this.#window / 2 || this.#unanswered > 0) return;
    flow.received = 0;
    if (!flow.isFast) this.#fast += 1;
    flow.isFast = true;
    const share = this.#shareOf(this.#flows);
    if (share >= this.#window * 2) this.#tell(share);
  }

  #tell(initialWindowSize: number): void {
    if (this.#session.destroyed) return;
    this.#window = initialWindowSize;
    this.#unanswered += 1;
    this.#session.settings({ initialWindowSize }, () => (this.#unanswered -= 1));
  }

  /** Rounded down to a power of two, so that it rarely changes. */
  #shareOf(streams: number): number {
    const { sharedBytes, narrowestBytes, widestBytes } = this.#options;
    const share = 2 ** Math.floor(Math.log2(sharedBytes / streams));
    return Math.min(Math.max(share, narrowestBytes), widestBytes);
  }
}
