/** `portico start`: serves until a signal says to stop. */
import { ConfigError } from '../config/fault.ts';
import { createGateway, type Gateway } from '../server.ts';
import { printFaults } from './faults.ts';
import { EXIT, type Terminal } from './terminal.ts';

export async function start(file: string, terminal: Terminal): Promise<number> {
  let gateway: Gateway;
  try {
    const { environment } = terminal;
    gateway = await createGateway({ file, environment, logOutput: await terminal.openLog() });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    printFaults(error.faults, terminal);
    return EXIT.badConfig;
  }
  const stopped = untilStopped(gateway, terminal);
  try {
    await gateway.listen();
  } catch (error) {
    terminal.err(describeListenError(error));
    return EXIT.failed;
  }
  return stopped;
}

/** The first signal drains; a second one, or the end of the grace, ends the process at once. */
function untilStopped(gateway: Gateway, { onSignal, exit }: Terminal): Promise<number> {
  return new Promise((resolve, reject) => {
    let signals = 0;
    onSignal(['SIGTERM', 'SIGINT'], () => {
      signals += 1;
      if (signals > 1) exit(EXIT.failed);
      gateway.close().then((drained) => resolve(drained ? EXIT.ok : EXIT.failed), reject);
    });
  });
}

function describeListenError(error: unknown): string {
  const { code, address, hostname, port, message } = error as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly hostname?: string;
    readonly port?: number;
  };
  if (code === 'EADDRINUSE') {
    return `port ${port} on ${address} is already in use: stop what listens there, or choose another port`;
  }
  if (code === 'EACCES') return `port ${port} needs more rights than this process has`;
  if (code === 'EADDRNOTAVAIL') {
    return `no network interface of this machine has the address ${address}: choose another host`;
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `the host "${hostname}" to listen on is neither an address nor a name that resolves`;
  }
  return `can not listen: ${message}`;
}
