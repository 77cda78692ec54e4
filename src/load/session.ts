/**
 * One load test: starts what it needs, sends one request, warms up, measures, and stops everything, however it
 * ends.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../config/yaml/environment.ts';
import type { Fault } from '../config/fault.ts';
import { chooseCores, type Cores } from './cores.ts';
import type { GatewayTalk, ServingGateway } from './gateway-order.ts';
import type { LoadMeasurement, LoadNews, LoadOrder, LoadRequest, LoadTalk } from './load-order.ts';
import { ask, untilEnded } from './orders.ts';
import { preflight } from './preflight.ts';
import { ProcessSet } from './process-set.ts';
import { type LoadReport, reportOf } from './report.ts';
import type { StubOrder, StubTalk } from './stub-process.ts';

/** What is put under load. */
export type Subject =
  | {
      readonly kind: 'config';
      readonly file: string;
      /** Answers for every upstream; absent: the config's targets do. */
      readonly stub?: StubOrder;
    }
  | {
      /** A gateway that runs already. */
      readonly kind: 'running';
      readonly origin: string;
      /** Absent: nothing is known of its insides. */
      readonly adminUrl?: string;
    };

export interface LoadOptions {
  readonly subject: Subject;
  readonly request: Omit<LoadRequest, 'origin'>;
  readonly connections: number;
  /** Absent: until the rate is steady, for at most 20 s. */
  readonly warmUpMs?: number;
  readonly measureMs: number;
}

export interface LoadSurroundings {
  readonly environment: Environment;
  /** What goes on, one line each. */
  readonly tell: (line: string) => void;
  /** Aborted: everything is stopped, and nothing is reported. */
  readonly signal: AbortSignal;
}

/** Why nothing was measured, in words for whoever asked. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}

export type LoadOutcome =
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] }
  | { readonly kind: 'report'; readonly report: LoadReport };

/**
 * Runs a load test to its end.
 *
 * @throws {LoadError} when there is nothing to measure: autocannon is not installed, an upstream or the
 *   gateway does not answer, or a process has ended
 * @throws the reason of `signal`
 */
export async function runLoad(
  options: LoadOptions,
  surroundings: LoadSurroundings,
): Promise<LoadOutcome> {
  const { signal, environment } = surroundings;
  signal.throwIfAborted();
  needAutocannon();
  const processes = new ProcessSet();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  const crew = new Crew(processes, chooseCores(), environment);
  try {
    return await Promise.race([new Session(options, surroundings, crew).run(), aborted.promise]);
  } catch (error) {
    if (signal.aborted || !(error instanceof Error) || error instanceof LoadError) throw error;
    throw new LoadError(error.message, { cause: error });
  } finally {
    signal.removeEventListener('abort', abort);
    await processes.stop();
  }
}

function needAutocannon(): void {
  try {
    import.meta.resolve('autocannon');
  } catch (error) {
    const message =
      'autocannon is not installed: it is an optional dependency of portico; npm install autocannon@9 adds it';
    throw new LoadError(message, { cause: error });
  }
}

interface Member {
  readonly name: string;
  readonly child: ChildProcess;
}

/** So long the end of a process may take to be known. */
const LATER_MS = 500;

/** `.ts` when the sources run as they are, `.js` in `dist`. */
const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** The processes of a session, and the cores they run on. */
class Crew {
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

/** The gateway under load, and what stands behind it. */
interface Scene {
  readonly serving: Omit<ServingGateway, 'adminUrl'> & { readonly adminUrl?: string };
  readonly members: readonly Member[];
  readonly pids: Pick<LoadOrder, 'gatewayPid' | 'stubPid'>;
}

class Session {
  readonly #options: LoadOptions;
  readonly #surroundings: LoadSurroundings;
  readonly #crew: Crew;

  constructor(options: LoadOptions, surroundings: LoadSurroundings, crew: Crew) {
    this.#options = options;
    this.#surroundings = surroundings;
    this.#crew = crew;
  }

  async run(): Promise<LoadOutcome> {
    const scene = await this.#setScene();
    if ('faults' in scene) return { kind: 'faults', faults: scene.faults };
    await this.#sendFirst(scene);
    const measured = await this.#measure(scene);
    if (measured.requests === 0) throw new LoadError(nothingAnswered(measured));
    return { kind: 'report', report: this.#report(scene, measured) };
  }

  async #setScene(): Promise<Scene | { readonly faults: readonly Fault[] }> {
    const { subject } = this.#options;
    if (subject.kind === 'running') {
      const { origin: url, adminUrl } = subject;
      const serving = { url, upstreams: [], ...(adminUrl === undefined ? {} : { adminUrl }) };
      return { serving, members: [], pids: {} };
    }
    const { file, stub } = subject;
    const behind = stub && (await this.#startStub(stub));
    const gateway = this.#crew.start('gateway');
    const answer = await ask<GatewayTalk>(gateway, {
      file,
      ...(behind && { stub: behind.url }),
    });
    if (answer.kind === 'faults') return answer;
    return {
      serving: answer,
      members: [gateway, ...(behind ? [behind.member] : [])],
      pids: {
        gatewayPid: gateway.child.pid!,
        ...(behind && { stubPid: behind.member.child.pid! }),
      },
    };
  }

  async #startStub(order: StubOrder): Promise<{ readonly url: string; readonly member: Member }> {
    const member = this.#crew.start('stub');
    const { url } = await ask<StubTalk>(member, order);
    return { url, member };
  }

  /** @throws {LoadError} when an upstream is not there */
  async #sendFirst({ serving }: Scene): Promise<void> {
    const { url: origin, adminUrl, upstreams } = serving;
    const request = { ...this.#options.request, origin };
    const admin = adminUrl === undefined ? {} : { adminUrl };
    const { status, code, missing } = await preflight({ request, upstreams, ...admin });
    if (missing.length > 0) {
      const instead =
        this.#options.subject.kind === 'config'
          ? ', or pass --stub to have all upstreams answered for'
          : '';
      const way = `start what is missing${instead}`;
      throw new LoadError([...missing, way].join('\n'));
    }
    const said = code === undefined ? status : `${status} ${code}`;
    if (status > 299) {
      this.#surroundings.tell(`the answer to one request is ${said}: that is what is measured`);
    }
  }

  #measure({ serving, members, pids }: Scene): Promise<LoadMeasurement> {
    const { request, connections, warmUpMs, measureMs } = this.#options;
    const { url: origin, adminUrl } = serving;
    const load = this.#crew.start('load');
    const order = {
      request: { ...request, origin },
      connections,
      measureMs,
      ...(warmUpMs === undefined ? {} : { warmUpMs }),
      ...(adminUrl === undefined ? {} : { adminUrl }),
      ...pids,
    };
    const measured = ask<LoadTalk>(load, order, (news) => this.#tellNews(news));
    const ends = Promise.race(members.map(({ name, child }) => untilEnded(name, child)));
    // The load fails, too, when the gateway dies, and may say so first.
    const explained = measured.catch(async (error: unknown) => {
      await Promise.race([ends, sleep(LATER_MS)]);
      throw error;
    });
    return Promise.race([explained, ends]);
  }

  #tellNews(news: LoadNews): void {
    const { tell } = this.#surroundings;
    if (news.kind === 'warming') {
      const { seconds, perSecond } = news;
      // Twice a second is more than anyone reads.
      if (seconds % 2 < 0.6) {
        tell(
          `warming up, while V8 compiles: ${perSecond.toFixed(0)}/s after ${seconds.toFixed(0)} s`,
        );
      }
      return;
    }
    if (!news.isSteady) tell('the rate is not steady: figures will vary');
    tell(`measuring for ${this.#options.measureMs / 1_000} s`);
  }

  #report({ serving }: Scene, measured: LoadMeasurement): LoadReport {
    const { subject, request, connections } = this.#options;
    const isOwn = subject.kind === 'config';
    return reportOf({
      gateway: isOwn ? subject.file : subject.origin,
      request: `${request.method} ${request.path}`,
      connections,
      isStubbed: isOwn && subject.stub !== undefined,
      ...(isOwn ? { cores: this.#crew.cores } : {}),
      upstreams: serving.upstreams,
      measured,
    });
  }
}

function nothingAnswered({ errors, elapsedMs }: LoadMeasurement): string {
  const counts = Object.entries(errors).map(([code, count]) => `${count} × ${code}`);
  const why =
    counts.length === 0 ? 'every answer took longer: pass a larger -d' : counts.join(', ');
  return `nothing was answered within ${(elapsedMs / 1_000).toFixed(1)} s: ${why}`;
}
