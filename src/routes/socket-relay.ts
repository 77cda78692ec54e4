/**
 * Joins a client's connection and an upstream's into one WebSocket: bytes pass as they are, frame readers
 * follow them, and a slow reader pauses the other side.
 *
 * It lasts until both connections are closed, and sees to it that both are. A side that ends without a
 * close frame is told to the other one between frames; within a frame, the other connection is cut.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import type { OpenStream, OpenStreams } from '../core/open-streams.ts';
import type { StreamRecord } from '../core/stream-record.ts';
import { CLOSE, closeCodeOf, isOurs } from '../edge/control-frames.ts';
import { type FrameListener, FrameReader, OPCODE } from '../edge/frames.ts';
import { SocketSide } from './socket-side.ts';
import { SocketTimer, type SocketTimes } from './socket-timer.ts';

export interface RelayOptions {
  readonly client: Socket;
  /** What the client sent before its connection was handed over. */
  readonly early: Buffer;
  readonly upstream: Socket;
  readonly record: StreamRecord;
  readonly maxPayloadBytes: number;
  readonly times: SocketTimes;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly streams: OpenStreams;
}

/** So long both sides have to close after a close frame of ours. */
const OWN_CLOSE_MS = 2_000;
/** So long after a close frame of theirs, as ws and browsers wait; and after one half has ended. */
const THEIR_CLOSE_MS = 30_000;
const END_MS = 5_000;

export class SocketRelay implements OpenStream {
  readonly record: StreamRecord;
  readonly #client: SocketSide;
  readonly #upstream: SocketSide;
  readonly #options: RelayOptions;
  readonly #timer: SocketTimer;
  /** The close frame of ours; `undefined` until the gateway ends the stream. */
  #closing: { readonly code: number; readonly reason: string } | undefined;

  constructor(options: RelayOptions) {
    const { client, upstream, record, clock, random, times } = options;
    const now = clock.now();
    const mask = (): Buffer => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(Math.floor(random() * 2 ** 32));
      return bytes;
    };
    this.#options = options;
    this.record = record;
    this.#client = new SocketSide({ name: 'client', socket: client, mask: () => undefined, now });
    this.#upstream = new SocketSide({ name: 'upstream', socket: upstream, mask, now });
    this.#timer = new SocketTimer([this.#client, this.#upstream], times, clock, {
      isBetweenFrames: (side) => this.#other(side).reader.isBetweenFrames,
      silent: (side) => this.#vanished(side),
      over: (code, reason) => this.close(code, reason),
      cut: () => this.#cut(),
    });
  }

  start(): void {
    const { early, streams } = this.#options;
    this.#join(this.#client, this.#upstream);
    this.#join(this.#upstream, this.#client);
    this.#timer.start();
    streams.add(this);
    if (early.length > 0) this.#came(this.#client, early);
    for (const side of [this.#client, this.#upstream]) {
      // It may have closed while the connection was handed over.
      if (side.socket.destroyed) this.#closed(side);
      else side.socket.resume();
    }
  }

  drain(): void {
    this.close(CLOSE.restart, 'restart');
  }

  /** Sends `code` to both sides, each as soon as a frame may go there, and lets them close. */
  close(code: number, reason: string): void {
    if (this.#closing !== undefined) return;
    this.#closing = { code, reason };
    this.record.ending('gateway', code, reason);
    this.#timer.cutAfter(OWN_CLOSE_MS);
    for (const side of [this.#client, this.#upstream]) {
      side.reader.mute();
      // Whoever does not read is not waited for, but what it sends is.
      side.socket.resume();
      this.#finishIfClosed(side);
    }
  }

  #join(from: SocketSide, to: SocketSide): void {
    from.reader = new FrameReader(this.#options.maxPayloadBytes, this.#listener(from, to));
    const { socket } = from;
    socket.on('data', (chunk: Buffer) => this.#came(from, chunk));
    socket.on('drain', () => {
      from.isBlocked = false;
      // It has taken bytes, which is a sign of life.
      from.heardAt = this.#options.clock.now();
      to.socket.resume();
    });
    socket.on('end', () => this.#ended(from));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed(from));
  }

  #listener(from: SocketSide, to: SocketSide): FrameListener {
    return {
      pass: (bytes) => {
        this.#timer.moved();
        if (to.isShut || !to.socket.writable) return;
        if (!to.write(bytes)) from.socket.pause();
      },
      control: (opcode, payload) => this.#control(from, opcode, payload),
      tooLong: () => this.close(CLOSE.tooBig, 'too long'),
      muted: () => this.#tellClosing(from, to),
    };
  }

  #came(from: SocketSide, chunk: Buffer): void {
    const { received, sent } = this.record;
    const flow = from === this.#client ? received : sent;
    flow.bytes += chunk.length;
    from.heardAt = this.#options.clock.now();
    from.reader.read(chunk);
    flow.messages = from.reader.messages;
  }

  #control(from: SocketSide, opcode: number, payload: Buffer): boolean {
    if (opcode === OPCODE.pong && from.isPinged && isOurs(payload)) {
      from.isPinged = false;
      return false;
    }
    if (opcode === OPCODE.close) {
      from.hasClosed = true;
      this.record.ending(from.name, closeCodeOf(payload));
      if (this.#closing === undefined) this.#timer.cutAfter(THEIR_CLOSE_MS);
      else this.#finishIfClosed(from);
    }
    return true;
  }

  /** Nothing more will be passed from `from` to `to`: a close frame of ours may go there. */
  #tellClosing(from: SocketSide, to: SocketSide): void {
    const closing = this.#closing ?? { code: CLOSE.tooBig, reason: 'too long' };
    // One that has been sent the other side's close frame needs no second one.
    if (!from.hasClosed && to.socket.writable) to.shut(closing.code, closing.reason);
  }

  /** After a close frame in both directions, it is the server that closes (RFC 6455 §7.1.1). */
  #finishIfClosed(side: SocketSide): void {
    if (side.hasClosed || side.hasEnded) side.socket.end();
  }

  #ended(from: SocketSide): void {
    from.hasEnded = true;
    const to = this.#other(from);
    if (this.#closing !== undefined) from.socket.end();
    else if (from.hasClosed || to.hasEnded || from === this.#client) {
      this.record.ending(from.name, CLOSE.abnormal);
      to.socket.end();
      this.#timer.cutAfter(END_MS);
    } else this.#lost(from);
  }

  /** The upstream is gone without a close frame. */
  #lost({ reader }: SocketSide): void {
    const isClean = reader.isBetweenFrames;
    this.record.ending('upstream', isClean ? CLOSE.upstreamFailed : CLOSE.abnormal);
    this.#upstream.socket.destroy();
    if (isClean) this.close(CLOSE.upstreamFailed, 'upstream failed');
    else this.#client.socket.destroy();
  }

  #closed(from: SocketSide): void {
    const to = this.#other(from);
    if (to.socket.destroyed) {
      this.#over();
      return;
    }
    if (from.hasEnded || this.#closing !== undefined) return;
    if (from === this.#upstream && !from.hasClosed) {
      this.#lost(from);
      return;
    }
    this.record.ending(from.name, CLOSE.abnormal);
    if (from.hasClosed) {
      to.socket.end();
      this.#timer.cutAfter(END_MS);
    } else to.socket.destroy();
  }

  /** It has answered no ping: its machine or the way to it is gone. */
  #vanished(side: SocketSide): void {
    this.record.ending(side.name, CLOSE.abnormal, 'no pong');
    if (side === this.#upstream) this.#lost(side);
    else {
      side.socket.destroy();
      this.#other(side).socket.destroy();
    }
  }

  #cut(): void {
    this.#client.socket.destroy();
    this.#upstream.socket.destroy();
  }

  #over(): void {
    this.#timer.stop();
    this.#options.streams.remove(this);
    this.record.ending('gateway', CLOSE.abnormal);
    this.record.end();
  }

  #other(side: SocketSide): SocketSide {
    return side === this.#client ? this.#upstream : this.#client;
  }
}
