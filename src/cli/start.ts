/** `portico start`: serves until a signal stops it. */
import { ConfigError } from '../config/fault.ts';
import { createGateway, type Gateway } from '../gateway.ts';
import { printFaults } from './faults.ts';
import { EXIT, type Terminal } from './terminal.ts';
// The last, so that what is imported before is found without it.
import './running-copy.ts';

export interface StartOptions {
  readonly config: string;
  /** Reload when the config changes. */
  readonly watch: boolean;
}

export async function start(
  { config: file, watch }: StartOptions,
  terminal: Terminal,
): Promise<number> {
  let gateway: Gateway | undefined;
  terminal.onSignal(['SIGHUP'], () => {
    if (gateway === undefined) terminal.err('SIGHUP is ignored: the gateway is still starting');
    else {
      const { log } = gateway;
      gateway.reload('signal').catch((error: unknown) => log.error({ err: error }, 'bug'));
    }
  });
  terminal.onSignal(['SIGUSR2'], (signal) => {
    const message = `${signal} is ignored: SIGHUP reloads the config`;
    if (gateway === undefined) terminal.err(message);
    else gateway.log.warn(message);
  });
  try {
    const { environment } = terminal;
    const logOutput = await terminal.openLog();
    gateway = await createGateway({ file, environment, logOutput, watch });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    printFaults(error.faults, terminal);
    return EXIT.badConfig;
  }
  return serve(gateway, terminal);
}

/** Opens the ports, and serves until a signal stops it. @returns the exit code */
export async function serve(gateway: Gateway, terminal: Terminal): Promise<number> {
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
function untilStopped(gateway: Gateway, terminal: Terminal): Promise<number> {
  return new Promise((resolve, reject) => {
    let signals = 0;
    const stop = (): void => {
      gateway.close().then((drained) => resolve(drained ? EXIT.ok : EXIT.failed), reject);
    };
    terminal.onSignal(['SIGTERM', 'SIGINT'], () => {
      signals += 1;
      if (signals > 1) terminal.exit(EXIT.failed);
      stop();
    });
    // Not sent as a signal: if one reached both processes, it would count as the second.
    terminal.onNpmGone(stop);
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
  if (code === 'EACCES') return `this process is not allowed to listen on port ${port}`;
  if (code === 'EADDRNOTAVAIL') {
    return `no network interface of this machine has the address ${address}: choose another host`;
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `cannot listen on the host "${hostname}": it is neither an address nor a name that resolves`;
  }
  return `cannot listen: ${message}`;
}
