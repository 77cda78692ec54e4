/** One load test: starts what it needs, sends one request, warms up, measures, and reports. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../config/fault.ts';
import type { Crew, Member } from './crew.ts';
import type { GatewayTalk, ServingGateway } from './gateway-order.ts';
import type { LoadMeasurement, LoadNews, LoadOrder, LoadTalk } from './load-order.ts';
import {
  LoadError,
  type LoadOptions,
  type LoadOutcome,
  type LoadSurroundings,
} from './load-test.ts';
import { ask, untilEnded } from './orders.ts';
import { preflight } from './preflight.ts';
import { type LoadReport, reportOf } from './report.ts';
import type { StubOrder, StubTalk } from './stub-process.ts';
import { LONGEST_WARM_UP_MS } from './warm-up.ts';

/** What the load may take besides its warm-up and its measurement. */
const SLACK_MS = 60_000;

/** Rejects when a load that should take `ms` takes far longer. */
async function untilLate(ms: number): Promise<never> {
  await sleep(ms + SLACK_MS, undefined, { ref: false });
  throw new LoadError('the load does not end: its connections fail faster than it can count');
}

/** So long the end of a process may take to be known. */
const LATER_MS = 500;

/** The gateway under load, and what stands behind it. */
interface Scene {
  readonly serving: Omit<ServingGateway, 'adminUrl'> & { readonly adminUrl?: string };
  readonly members: readonly Member[];
  readonly pids: Pick<LoadOrder, 'gatewayPid' | 'stubPid'>;
}

/** Whoever makes one ends what `crew` has started. */
export class Session {
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
    return Promise.race([explained, ends, untilLate((warmUpMs ?? LONGEST_WARM_UP_MS) + measureMs)]);
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
