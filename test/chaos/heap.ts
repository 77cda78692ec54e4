/** What a process really holds: its heap once everything that can go has gone. */
import { once } from 'node:events';

/** MiB of the heap of the process that was started with `--inspect=127.0.0.1:<port>`, after a full collection. */
export const liveHeapMiB = async (port: number): Promise<number> => (await heldMiB(port)).heap;

/** The same, and the MiB of its buffers, which are not in the heap. */
export async function heldMiB(port: number): Promise<{ heap: number; buffers: number }> {
  const list = await fetch(`http://127.0.0.1:${port}/json/list`);
  const [target] = (await list.json()) as { readonly webSocketDebuggerUrl: string }[];
  const socket = new WebSocket(target!.webSocketDebuggerUrl);
  await once(socket, 'open');
  const ask = async (id: number, method: string): Promise<unknown> => {
    const answered = once(socket, 'message') as Promise<[{ readonly data: string }]>;
    socket.send(JSON.stringify({ id, method }));
    const [{ data }] = await answered;
    return (JSON.parse(data) as { readonly result: unknown }).result;
  };
  await ask(1, 'HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize } = (await ask(2, 'Runtime.getHeapUsage')) as {
    readonly usedSize: number;
    readonly backingStorageSize: number;
  };
  socket.close();
  return { heap: usedSize / 1_048_576, buffers: backingStorageSize / 1_048_576 };
}
