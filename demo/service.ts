/**
 * One service as a process: `node demo/service.ts payments`, or `npm run demo -- payments`, which also
 * restarts a service that was killed.
 *
 * Exit codes: 0 stopped by a signal, 1 could not start, 2 used wrongly.
 */
import {
  type Address,
  HOST,
  isServiceName,
  SERVICE_NAMES,
  serviceAddresses,
  type ServiceName,
} from './addresses.ts';
import { exitWithParent } from './launcher/exit-with-parent.ts';
import { onNpmGone } from '../src/cli/npm-gone.ts';
import { SERVICES } from './services/index.ts';

const KNOWN = `one of ${SERVICE_NAMES.join(', ')}`;

exitWithParent();
const [name] = process.argv.slice(2);
if (isServiceName(name)) await main(name);
else refuse(`${name === undefined ? 'name a service' : `no service "${name}"`}: ${KNOWN}`);

async function main(service: ServiceName): Promise<void> {
  try {
    await serve(service, serviceAddresses(process.env)[service]);
  } catch (error) {
    if (error instanceof RangeError) return refuse(error.message);
    throw error;
  }
}

async function serve(service: ServiceName, { port, url }: Address): Promise<void> {
  const app = SERVICES[service](url);
  try {
    await app.listen({ host: HOST, port });
  } catch (error) {
    console.error(`${service}: ${whyNot(error, port)}`);
    process.exit(1);
  }
  const stop = () => void app.close().finally(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  onNpmGone(process.env, stop);
  console.log(`${service}: ${url} (pid ${process.pid})`);
}

function whyNot(error: unknown, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'EADDRINUSE') return `could not listen on port ${port}: ${String(error)}`;
  return (
    `port ${port} on ${HOST} is already in use; ` +
    'stop what holds it, or choose other ports with DEMO_PORT_BASE'
  );
}

function refuse(message: string): void {
  console.error(`demo: ${message}`);
  process.exit(2);
}
