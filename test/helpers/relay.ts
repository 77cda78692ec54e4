/** A network with a distance: a TCP relay that keeps every byte for a while, each way. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Relay {
  /** As the URL behind it, with the relay's port. */
  readonly url: string;
  /** Bytes that came from the near end so far. */
  readonly sent: number;
  /** And from the far end. */
  readonly received: number;
  /** Resets every connection, as if the far end had been killed. */
  readonly cut: () => void;
}

/** Half of the round trip of 50 ms at which clients of a gateway are measured. */
export const ONE_WAY_MS = 25;

/** Relays to `url`; ends with the test. Any number of bytes may be on the way: distance, not a thin line. */
export async function startRelay(url: string, oneWayMs = ONE_WAY_MS): Promise<Relay> {
  const { protocol, port } = new URL(url);
  const sockets = new Set<Socket>();
  let sent = 0;
  let received = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({
      port: Number(port),
      host: '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
    });
    for (const socket of [near, far]) sockets.add(socket);
    pass(near, far, oneWayMs, (bytes) => (sent += bytes));
    pass(far, near, oneWayMs, (bytes) => (received += bytes));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`,
    get sent() {
      return sent;
    },
    get received() {
      return received;
    },
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
  };
}

/** One direction: bytes, the end, and what ends a connection early, all of them later. */
function pass(from: Socket, to: Socket, ms: number, count: (bytes: number) => void): void {
  from.on('data', (bytes: Buffer) => {
    count(bytes.length);
    setTimeout(() => {
      if (to.destroyed || to.write(bytes) || from.isPaused()) return;
      // Whoever does not read is felt at the other end too.
      from.pause();
      to.once('drain', () => from.resume());
    }, ms);
  });
  from.on('end', () => void setTimeout(() => to.end(), ms));
  from.on('error', () => undefined);
  from.on('close', (isBroken) => void setTimeout(() => isBroken && to.resetAndDestroy(), ms));
}
