/** Starts an installed proxy with its config, on free ports, in a folder of its own. */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { here, TLS } from './place.ts';
import type { Processes, Served } from './processes.ts';
import { argumentsOf, configOf, locate, type ProgramName } from './programs.ts';
import type { Environment } from './subjects/subject.ts';

interface ProgramOptions {
  /** Of the subject. */
  readonly name: string;
  readonly program: ProgramName;
  readonly cores: string | undefined;
  /** With the `UPSTREAM`. */
  readonly env: Environment;
  readonly folder: string;
  /** Asked on its TLS port, rather than on the other one. */
  readonly isSecure: boolean;
}

/** @throws {Error} when it is not installed, or ends before it serves */
export async function startProgram(
  processes: Processes,
  { name, program, cores, env, folder, isSecure }: ProgramOptions,
): Promise<Served> {
  const path = locate(program);
  if (path === undefined) throw new Error(`${name}: ${program} is not installed`);
  const own = join(folder, name);
  mkdirSync(own);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const config = join(own, configOf(program));
  writeFileSync(config, filledIn(program, own, { PORT: port, TLS_PORT: tlsPort, ...env }));
  const url = isSecure ? `https://127.0.0.1:${tlsPort}` : `http://127.0.0.1:${port}`;
  const words = [path, ...argumentsOf(program, config, own)];
  // What a program keeps in its home stays in the folder.
  const environment = { HOME: own, XDG_CONFIG_HOME: own, XDG_DATA_HOME: own };
  return processes.serveAt(url, { name, words, cores, env: environment });
}

/** The config, with each `${NAME}` in capitals replaced; nginx has variables of its own, in lower case. */
function filledIn(
  program: ProgramName,
  folder: string,
  values: Readonly<Record<string, string | number>>,
): string {
  const all: Readonly<Record<string, string | number>> = {
    ...values,
    UPSTREAM_ADDRESS: new URL(String(values['UPSTREAM'])).host,
    CERT: TLS.cert,
    KEY: TLS.key,
    BOTH: writeBoth(folder),
  };
  const text = readFileSync(here(`configs/${configOf(program)}`), 'utf8');
  return text.replaceAll(/\$\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = all[name];
    if (value === undefined) throw new Error(`configs/${configOf(program)}: no value for ${name}`);
    return String(value);
  });
}

/** Certificate and key in one file, as haproxy wants them. */
function writeBoth(folder: string): string {
  const file = join(folder, 'both.pem');
  writeFileSync(file, readFileSync(TLS.cert, 'utf8') + readFileSync(TLS.key, 'utf8'));
  return file;
}

/** Somebody else may take it meanwhile; the start then fails and says so. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
