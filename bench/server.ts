/** Starts the server of a subject. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HERE } from './checkout.ts';
import { here } from './place.ts';
import { porticoCommand } from './portico.ts';
import type { Processes, Served } from './processes.ts';
import { routesConfig } from './routes-config.ts';
import { startProgram } from './start-program.ts';
import type { Environment, Server, Subject } from './subjects/subject.ts';

/** What all servers of a run share. */
export interface Surroundings {
  readonly processes: Processes;
  readonly cores: string | undefined;
  /** `UPSTREAM` and `ISSUER`. */
  readonly env: Environment;
  /** For configs and logs. */
  readonly folder: string;
  readonly fromSources: boolean;
  /** Where CPU profiles go. */
  readonly profileDir: string | undefined;
}

export interface RunningSubject extends Served {
  /** Where its access log goes. */
  readonly logFile: string | undefined;
}

export async function startSubject(
  { name, server, job }: Subject,
  surroundings: Surroundings,
): Promise<RunningSubject> {
  const { processes, folder } = surroundings;
  const base = baseOf(name, surroundings);
  if (server.kind === 'program') {
    const isSecure = job.protocol !== 'http';
    const served = await startProgram(processes, { ...base, ...server, folder, isSecure });
    return { ...served, logFile: undefined };
  }
  const logFile =
    server.kind === 'portico' && server.log === 'file' ? join(folder, `${name}.log`) : undefined;
  const command = commandOf(name, server, surroundings);
  const own = server.kind === 'script' || server.kind === 'portico' ? server.env : {};
  const env = { ...base.env, ...own };
  const served = await processes.serve({ ...base, env, command }, logFile);
  return { ...served, logFile };
}

function commandOf(
  name: string,
  server: Exclude<Server, { readonly kind: 'program' }>,
  { folder, fromSources }: Surroundings,
): string[] {
  switch (server.kind) {
    case 'script':
      return [here(`proxies/${server.file}.ts`)];
    case 'portico':
      return porticoCommand(HERE, here(`configs/${server.config}.yaml`), fromSources);
    case 'routes': {
      const config = join(folder, `${name}.yaml`);
      writeFileSync(config, routesConfig(server.count));
      return porticoCommand(HERE, config, fromSources);
    }
  }
}

function baseOf(name: string, { cores, env, profileDir }: Surroundings) {
  const nodeOptions = profileDir === undefined ? [] : profiling(join(profileDir, name));
  return { name, cores, nodeOptions, env: { ...env, NODE_ENV: 'production' } };
}

const profiling = (dir: string): string[] => [
  '--cpu-prof',
  `--cpu-prof-dir=${dir}`,
  '--cpu-prof-interval=1000',
];
