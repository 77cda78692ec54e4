/** One end of a WebSocket: its connection, and what is known of it. */
import type { Socket } from 'node:net';
import { closeFrame, type Mask, pingFrame } from '../edge/control-frames.ts';
import type { FrameReader } from '../edge/frames.ts';
import type { StreamSide } from '../core/stream-record.ts';

export interface SocketSideOptions {
  readonly name: StreamSide;
  readonly socket: Socket;
  /** Makes the mask for a frame to this side; gives `undefined` where frames are not masked. */
  readonly mask: () => Mask;
  readonly now: number;
}

export class SocketSide {
  readonly name: StreamSide;
  readonly socket: Socket;
  /** Follows what comes from this side; set once, before anything comes. */
  reader!: FrameReader;
  /** It has sent a close frame. */
  hasClosed = false;
  /** It has been sent a close frame of ours: nothing may follow. */
  isShut = false;
  /** It has ended its half of the connection. */
  hasEnded = false;
  /** It takes nothing at present, so the other side is paused. */
  isBlocked = false;
  /** When a byte last came from it. */
  heardAt: number;
  /** When a ping was last sent to it. */
  pingedAt: number;
  /** That ping is not answered yet. */
  isPinged = false;
  readonly #mask: () => Mask;

  constructor({ name, socket, mask, now }: SocketSideOptions) {
    this.name = name;
    this.socket = socket;
    this.#mask = mask;
    this.heardAt = now;
    this.pingedAt = now;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }

  /** False if it wants no more for now. */
  write(bytes: Buffer): boolean {
    this.isBlocked = !this.socket.write(bytes);
    return !this.isBlocked;
  }

  /** Call it between two frames. Nothing can be written after it. */
  shut(code: number, reason: string): void {
    if (this.isShut) return;
    this.isShut = true;
    this.socket.write(closeFrame(code, reason, this.#mask()));
  }

  /** Call it between two frames. */
  ping(now: number): void {
    this.pingedAt = now;
    this.isPinged = true;
    this.socket.write(pingFrame(this.#mask()));
  }
}

/** Finds ends whose machine has vanished while nothing is sent, where pings are off or cannot be written. */
const KEEP_ALIVE_MS = 30_000;
