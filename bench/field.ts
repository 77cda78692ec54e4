/** The running contestants of one bench, and the load that each gets in turn. */
import { join } from 'node:path';
import { commandOf, type Contestant, LOAD_COMMAND, PATH, UPSTREAM_COMMAND } from './contestants.ts';
import type { Cores } from '../src/load/cores.ts';
import { LoadProcess } from './load-process.ts';
import type { Measurement } from './measurement.ts';
import type { BenchOptions } from './options.ts';
import type { Processes } from './processes.ts';
import type { Issuer } from './tokens.ts';
import { verify } from './verify.ts';

/** Load before each measured interval: sockets are made, code is warm again. */
const SETTLE_MS = 700;

interface Runner {
  readonly url: string;
  readonly pid: number;
}

export class Field {
  readonly #runners: ReadonlyMap<Contestant, Runner>;
  readonly #load: LoadProcess;
  readonly #upstreamPid: number;
  readonly #tokens: readonly string[];

  constructor(
    runners: ReadonlyMap<Contestant, Runner>,
    load: LoadProcess,
    upstreamPid: number,
    tokens: readonly string[],
  ) {
    this.#runners = runners;
    this.#load = load;
    this.#upstreamPid = upstreamPid;
    this.#tokens = tokens;
  }

  /** Starts everything, and checks that each contestant answers as it should. */
  static async start(
    { only, connections, profileDir }: BenchOptions,
    processes: Processes,
    issuer: Issuer,
    cores: Cores,
  ): Promise<Field> {
    const upstream = await processes.serve({
      name: 'upstream',
      command: UPSTREAM_COMMAND,
      cores: cores.rest,
    });
    const tokens = issuer.tokens(connections);
    const runners = new Map<Contestant, Runner>();
    for (const name of only) {
      const { url, pid } = await processes.serve({
        name,
        command: commandOf(name),
        cores: cores.gateway,
        env: { UPSTREAM: upstream.url, ISSUER: issuer.url },
        nodeOptions: profileDir === undefined ? [] : profiling(join(profileDir, name)),
      });
      runners.set(name, { url: url + PATH, pid });
      await verify(name, url + PATH, tokens[0]!);
    }
    const load = new LoadProcess(
      processes.start({ name: 'load', command: LOAD_COMMAND, cores: cores.rest }),
    );
    return new Field(runners, load, upstream.pid, tokens);
  }

  get names(): Contestant[] {
    return [...this.#runners.keys()];
  }

  /** Puts load on one contestant; the first of it, `settleMs`, is not counted. */
  async measure(name: Contestant, measureMs: number, settleMs = SETTLE_MS): Promise<Measurement> {
    return this.#load.measure({
      ...this.#runners.get(name)!,
      method: 'GET',
      bodyBytes: 0,
      upstreamPid: this.#upstreamPid,
      connections: this.#tokens.length,
      tokens: this.#tokens,
      settleMs,
      measureMs,
    });
  }
}

const profiling = (dir: string): string[] => [
  '--cpu-prof',
  `--cpu-prof-dir=${dir}`,
  '--cpu-prof-interval=1000',
];
