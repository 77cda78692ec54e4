/** What the bench's own servers share: a free port on loopback, and one line that announces it. */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** The origin of `server`, which listens on 127.0.0.1 from now on. */
export async function listen(server: Server, scheme = 'http'): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return `${scheme}://127.0.0.1:${port}`;
}

/** Tells the parent process where this one serves, as Portico's log does. */
export function announce(url: string): void {
  console.log(JSON.stringify({ url }));
  // A profile is written by an exit, not by a death.
  process.on('SIGTERM', () => process.exit());
}

/** A variable that the bench sets. */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this through bench/run.ts`);
  return value;
}
