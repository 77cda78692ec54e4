/** The running subjects of one heat, and the load that each gets in turn. */
import { truncateSync } from 'node:fs';
import type { Cores } from '../src/load/cores.ts';
import { LoadProcess } from './load/load-process.ts';
import type { Measurement, Tool } from './load/measurement.ts';
import type { BenchOptions } from './options.ts';
import { LOAD_COMMAND, UPSTREAM_COMMAND } from './place.ts';
import type { Processes } from './processes.ts';
import { type RunningSubject, startSubject } from './server.ts';
import type { Heat, Subject } from './subjects/subject.ts';
import type { Issuer } from './tokens.ts';
import { verify } from './verify.ts';

/** Load before each measured interval: sockets are made, code is warm again. */
const SETTLE_MS = 700;

interface Runner {
  readonly subject: Subject;
  readonly running: RunningSubject;
}

export interface Means {
  readonly options: BenchOptions;
  readonly processes: Processes;
  readonly issuer: Issuer;
  readonly cores: Cores;
  /** For configs and logs. */
  readonly folder: string;
}

/** How much load, for how long. */
export interface Dose {
  readonly measureMs: number;
  /** Load before, which is not counted; default {@link SETTLE_MS}. */
  readonly settleMs?: number;
  /** Requests per second; absent: as many as are answered. */
  readonly rate?: number;
}

interface Parts {
  readonly processes: Processes;
  readonly runners: ReadonlyMap<string, Runner>;
  readonly load: LoadProcess;
  readonly upstreamPid: number;
  readonly tokens: readonly string[];
  readonly tool: Tool;
}

export class Field {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Starts everything, and checks that each subject answers as it should. */
  static async start(
    heat: Heat,
    { options, processes, issuer, cores, folder }: Means,
  ): Promise<Field> {
    const rest = { processes, cores: cores.rest };
    const upstream = await processes.serve({
      ...rest,
      name: 'upstream',
      command: UPSTREAM_COMMAND,
    });
    const tokens = issuer.tokens(options.connections);
    const runners = new Map<string, Runner>();
    for (const subject of heat) {
      const running = await startSubject(subject, {
        ...options,
        processes,
        cores: cores.gateway,
        env: { UPSTREAM: upstream.url, ISSUER: issuer.url },
        folder,
      });
      await verify(subject, running, tokens[0]!);
      runners.set(subject.name, { subject, running });
    }
    const load = new LoadProcess(processes.start({ ...rest, name: 'load', command: LOAD_COMMAND }));
    const { pid: upstreamPid } = upstream;
    return new Field({ processes, runners, load, upstreamPid, tokens, tool: options.load });
  }

  /** Ends all that `start` has started. */
  async stop(): Promise<void> {
    const { processes, runners, load, upstreamPid } = this.#parts;
    const pids = [...runners.values()].map(({ running }) => running.pid);
    await processes.stopOnly([...pids, upstreamPid, load.pid]);
  }

  get names(): string[] {
    return [...this.#parts.runners.keys()];
  }

  /** Puts load on one subject; a short interval may end before the first answer. */
  async measure(
    name: string,
    { measureMs, settleMs = SETTLE_MS, rate }: Dose,
  ): Promise<Measurement> {
    const { runners, load, upstreamPid, tokens } = this.#parts;
    const { subject, running } = runners.get(name)!;
    const { path, method, headers, bodyBytes, connections } = subject.job;
    const measurement = await load.measure({
      tool: rate === undefined ? this.#toolFor(subject) : 'paced',
      url: running.url + path,
      pid: running.pid,
      upstreamPid,
      connections: Math.min(connections, tokens.length),
      tokens,
      method,
      headers,
      bodyBytes,
      rate: rate ?? 0,
      settleMs,
      measureMs,
    });
    // It grows by megabytes a second.
    if (running.logFile !== undefined) truncateSync(running.logFile);
    return measurement;
  }

  /** Whether it can get load at a rate of our choice. */
  canBePaced(name: string): boolean {
    return this.#parts.runners.get(name)!.subject.job.protocol !== 'h2';
  }

  #toolFor({ job }: Subject): Tool {
    return job.protocol === 'h2' ? 'h2load' : this.#parts.tool;
  }
}
