/**
 * A network that fails: a TCP relay to one server that cuts, delays and loses, at random but the same for the same seed.
 *
 * A connection carries one request at a time here, so a piece of bytes from the near end is a request, and one from the far
 * end an answer.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { seeded } from '../helpers/seeded.ts';

/**
 * `before`: cut before the request arrives. `after`: the request arrives, and its answer does not. `half`: half of the
 * answer does. `late`: the request arrives once nobody waits for its answer any more.
 */
const KINDS = ['before', 'after', 'half', 'late'] as const;
type Kind = (typeof KINDS)[number];

export interface FaultProxy {
  readonly url: string;
  /** How often each has happened. */
  readonly counts: Readonly<Record<Kind, number>>;
  /** Of requests: how many meet a fault. */
  share: number;
}

export interface FaultProxyOptions {
  readonly share: number;
  readonly seed: number;
  /** Of a request that is late. */
  readonly lateMs: number;
}

/** Ends with the test. */
export async function startFaultProxy(
  url: string,
  { share, seed, lateMs }: FaultProxyOptions,
): Promise<FaultProxy> {
  const port = Number(new URL(url).port);
  const random = seeded(seed);
  const counts = { before: 0, after: 0, half: 0, late: 0 };
  const sockets = new Set<Socket>();
  const proxy = { url: '', counts, share };
  const draw = (): Kind | undefined => {
    if (random() >= proxy.share) return undefined;
    const kind = KINDS[Math.floor(random() * KINDS.length)]!;
    counts[kind] += 1;
    return kind;
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => sockets.delete(socket));
    }
    relay(near, far, draw, lateMs);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}

function relay(near: Socket, far: Socket, draw: () => Kind | undefined, lateMs: number): void {
  let kind: Kind | undefined;
  let isLate = false;
  near.on('data', (request: Buffer) => {
    kind = draw();
    if (kind === 'before') near.resetAndDestroy();
    else if (kind === 'late') {
      isLate = true;
      setTimeout(() => far.end(request), lateMs);
    } else far.write(request);
  });
  far.on('data', (answer: Buffer) => {
    if (kind === 'after') near.resetAndDestroy();
    else if (kind === 'half') {
      near.write(answer.subarray(0, answer.length / 2), () => near.resetAndDestroy());
    } else near.write(answer);
  });
  near.once('close', () => !isLate && far.destroy());
  far.once('close', () => near.destroy());
}
