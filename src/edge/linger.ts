/**
 * Closes a connection on which the client may still be sending (RFC 9112 §9.6).
 *
 * If it were closed at once, the next byte to arrive would reset it, and the client would lose what it
 * has not read of its answer. So only our half is closed, and incoming bytes are dropped until the client
 * closes its half, pauses, or has sent too much or for too long.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { spentBuffers } from '../core/spent-buffers.ts';

const SILENT_MS = 2_000;
const DROPPED_BYTES = 64 * 1_048_576;

/** Lasts `ms` at most. */
export function linger(socket: Socket, clock: Clock, ms: number): void {
  const cut = (): void => {
    socket.destroy();
  };
  const silent = clock.after(Math.min(ms, SILENT_MS), cut);
  const over = clock.after(ms, cut);
  let dropped = 0;
  // Detaches Node's parser: what follows is not a request.
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => {
    spentBuffers.count(chunk);
    silent.refresh();
    dropped += chunk.length;
    if (dropped > DROPPED_BYTES) cut();
  });
  socket.once('close', () => {
    clock.cancel(silent);
    clock.cancel(over);
  });
  socket.end();
  socket.resume();
}
