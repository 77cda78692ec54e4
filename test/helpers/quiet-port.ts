/**
 * A port on 127.0.0.1 where nobody listens, and nobody else will: the system gives `listen(0)` and
 * outgoing connections ports from 32768 on (net.ipv4.ip_local_port_range), so that one which a test
 * has closed, or will open, may be somebody else's by then. This one is from below, is given once, and
 * no other process of the same run has ports in its residue class.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 12_000;
const LAST = 32_767;
/** Processes that may run tests at once. */
const PROCESSES = 8;
const PROCESS = Number(process.env['VITEST_POOL_ID'] ?? process.pid) % PROCESSES;

const given = new Set<number>();

export async function quietPort(): Promise<number> {
  for (;;) {
    const port = FIRST + PROCESS + PROCESSES * randomInt(Math.floor((LAST - FIRST) / PROCESSES));
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
