/**
 * An upstream that floods every WebSocket, and clients that read or do not. They run in a thread of their
 * own, because beside the test they would leave it no time.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

/** Closes all clients, then opens `count`. */
export interface FloodOrder {
  readonly url: string;
  readonly count: number;
  /** Without it they take nothing once they are open. */
  readonly reads: boolean;
}

export interface Flood {
  /** Of the upstream. */
  readonly url: string;
  carryOut(order: FloodOrder): Promise<void>;
}

/** Starts the thread; it ends with the test. */
export async function startFlood(): Promise<Flood> {
  const worker = new Worker(new URL('flood-thread.ts', import.meta.url));
  onTestFinished(async () => void (await worker.terminate()));
  const [url] = (await once(worker, 'message')) as [string];
  return {
    url,
    carryOut: async (order) => {
      worker.postMessage(order);
      await once(worker, 'message');
    },
  };
}
