/** Checks that every process can have its port, before any is started. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Addresses, HOST } from '../addresses.ts';

/** @returns one line for each port that is taken or wanted twice, with what it is for; none is good */
export async function portFaults({ services, gateway, admin }: Addresses): Promise<string[]> {
  const wanted = Object.entries({ ...services, gateway, 'gateway (admin)': admin });
  const faults: string[] = [];
  const seen = new Map<number, string>();
  for (const [name, { port }] of wanted) {
    const first = seen.get(port);
    if (first !== undefined) faults.push(`port ${port} is meant for both ${first} and ${name}`);
    else if (!(await isFree(port))) faults.push(`port ${port} is taken; it is for ${name}`);
    seen.set(port, first ?? name);
  }
  return faults;
}

/** Tries it: that also finds the ports one may not have. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ host: HOST, port, exclusive: true }), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
