/**
 * Looks at what a connection begins with before anything else reads it, and puts back what was not for it.
 *
 * Whoever is put behind it sees a connection as if it had just been accepted. Until then it is bounded in time,
 * and in bytes by what `look` waits for.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';

/** What is to happen: `rest` is put back first. */
export interface Decision {
  readonly rest: Buffer;
  readonly go: () => void;
}

/** `undefined` as long as more bytes are needed. */
export type Look = (bytes: Buffer) => Decision | undefined;

export interface FirstBytesOptions {
  readonly clock: Clock;
  /** How long it may take. */
  readonly ms: number;
  readonly look: Look;
  /** Called when it takes longer; the connection is no longer read. */
  readonly late: () => void;
}

const NONE = Buffer.alloc(0);

/** @returns stops looking; nothing else happens to the connection */
export function firstBytes(socket: Socket, options: FirstBytesOptions): () => void {
  const { clock, ms, look, late } = options;
  let bytes: Buffer = NONE;
  const read = (): void => {
    // Node's type says `any`: without an encoding they are buffers.
    for (let part = socket.read() as Buffer | null; part !== null; part = socket.read() as Buffer) {
      bytes = bytes.length === 0 ? part : Buffer.concat([bytes, part]);
    }
    const decision = look(bytes);
    if (decision === undefined) return;
    stop();
    if (decision.rest.length > 0) socket.unshift(decision.rest);
    decision.go();
  };
  const destroy = (): void => void socket.destroy();
  const stop = (): void => {
    clock.cancel(timer);
    socket.off('readable', read).off('end', destroy).off('error', destroy).off('close', stop);
  };
  const timer = clock.after(ms, () => {
    stop();
    late();
  });
  socket.on('readable', read).on('end', destroy).on('error', destroy).on('close', stop);
  return stop;
}

/** What comes before those who listen for connections so far: it calls `next` at most once, when it likes. */
export type Gate = (socket: Socket, next: () => void) => void;

/** Puts `gate` in front of everything that listens for connections of `server` by now. */
export function putInFront(server: Server, gate: Gate): void {
  const others = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (socket.destroyed) return;
    gate(socket, () => {
      for (const other of others) other.call(server, socket);
    });
  });
}

/** Connections whose first bytes have not come yet. */
export class Undecided {
  readonly #sockets = new Set<Socket>();

  /** As `firstBytes` does. */
  read(socket: Socket, { look, late, ...options }: FirstBytesOptions): void {
    const settled = (): void => void this.#sockets.delete(socket);
    this.#sockets.add(socket);
    socket.once('close', settled);
    firstBytes(socket, {
      ...options,
      look: (bytes) => {
        const decision = look(bytes);
        if (decision !== undefined) settled();
        return decision;
      },
      late: () => {
        settled();
        late();
      },
    });
  }

  /** Nobody has asked for anything on them. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Are `bytes` the beginning of `whole`, or longer and begin with it? */
export function beginsLike(bytes: Buffer, whole: Buffer): boolean {
  const length = Math.min(bytes.length, whole.length);
  return bytes.compare(whole, 0, length, 0, length) === 0;
}
