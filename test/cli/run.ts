/** The command line, without a process. */
import { runCli } from '../../src/cli/index.ts';
import type { Environment } from '../../src/config/yaml/environment.ts';

export interface Run {
  /** What the process would end with. */
  readonly code: number;
  /** Texts on standard output and standard error. */
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** Runs `portico ...args`. */
export async function run(args: readonly string[], environment: Environment = {}): Promise<Run> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli({
    args,
    environment,
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    onSignal: () => {},
    onNpmGone: () => {},
    openLog: () => Promise.reject(new Error('nothing here serves')),
    exit: (status) => {
      throw new Error(`ended with ${status}`);
    },
  });
  return { code, out, err };
}
