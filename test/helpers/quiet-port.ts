/**
 * A port on 127.0.0.1 where nobody listens, and nobody else will: the system gives `listen(0)` and
 * outgoing connections ports from 32768 on (net.ipv4.ip_local_port_range), so that one which a test
 * has closed, or will open, may be somebody else's by then. This one is from below.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 12_000;
const LAST = 32_767;

export async function quietPort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
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
