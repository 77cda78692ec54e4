/** The processes of a load test, and the cores they run on. */
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../config/yaml/environment.ts';
import type { Cores } from './cores.ts';
import type { ProcessSet } from './process-set.ts';

export interface Member {
  readonly name: string;
  readonly child: ChildProcess;
}

/** `.ts` when the sources run as they are, `.js` in `dist`. */
const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

export class Crew {
  readonly cores: Cores;
  readonly #processes: ProcessSet;
  readonly #environment: Environment;

  constructor(processes: ProcessSet, cores: Cores, environment: Environment) {
    this.#processes = processes;
    this.cores = cores;
    this.#environment = environment;
  }

  start(name: 'gateway' | 'stub' | 'load'): Member {
    const module = fileURLToPath(new URL(`${name}-process.${suffix}`, import.meta.url));
    const child = this.#processes.start({
      name,
      command: [module],
      cores: name === 'gateway' ? this.cores.gateway : this.cores.rest,
      env: this.#environment,
    });
    return { name: NAMES[name], child };
  }
}

const NAMES = { gateway: 'the gateway', stub: 'the stub', load: 'the load' } as const;
