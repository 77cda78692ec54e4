/**
 * The gateway of a test case: the config as it is, but nothing listens, no server is asked, and what it would count in
 * Redis it counts in memory.
 */
import type { GatewayModules } from '../../assembly/modules.ts';
import type { Config } from '../../config/build/config.ts';
import type { ModuleLoader } from '../../config/modules.ts';
import type { CaseStep, TestCase } from '../../config/cases/test-case.ts';
import type { Environment } from '../../config/yaml/environment.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../gateway.ts';
import { createLog } from '../../observe/log.ts';
import { type CaseAnswer, destinationOf, send } from './client.ts';
import { connect } from './connection.ts';
import { believing, type Identities } from './identities.ts';
import { CaseTime } from './time.ts';
import { CaseUpstreams } from './upstreams.ts';

export interface CaseGatewayOptions {
  /** Path of gateway.config.yaml. */
  readonly config: string;
  readonly environment: Environment;
  readonly loadModules: ModuleLoader<GatewayModules>;
  /** Told what each load has read. */
  readonly onRead?: GatewayOptions['onRead'];
  /** Milliseconds since 1970: of the run. */
  readonly now: number;
}

interface Entrance {
  readonly name: string;
  readonly isSecure: boolean;
  readonly isRedirecting: boolean;
}

export class CaseGateway {
  readonly upstreams = new CaseUpstreams();
  readonly time: CaseTime;
  /** What the gateway logged as an error, and what it was kept from; for whoever looks for the reason. */
  readonly notes: string[] = [];
  readonly #identities: Identities = new WeakMap();
  readonly #entrances: Entrance[] = [];
  #gateway: Gateway | undefined;

  private constructor(startsAt: number) {
    this.time = new CaseTime({ startsAt, isUpstreamWaiting: () => this.upstreams.isWaiting });
  }

  /** @throws {ConfigError} when the config has faults */
  static async start(
    { now, random, upstreams }: TestCase,
    options: CaseGatewayOptions,
  ): Promise<CaseGateway> {
    const started = new CaseGateway(now ?? options.now);
    started.upstreams.give(upstreams);
    await started.#start(options, random);
    return started;
  }

  async #start(
    { config, environment, loadModules, onRead }: CaseGatewayOptions,
    random?: number,
  ): Promise<void> {
    const { clock, wallClock } = this.time;
    const call = this.upstreams.callAt(this.time);
    const { log } = createLog('error', {
      write: (line) => this.notes.push(logged(line)),
      dropped: 0,
      end: () => Promise.resolve(),
    });
    this.#gateway = await createGateway({
      file: config,
      environment,
      clock,
      wallClock,
      random: random === undefined ? seeded() : () => random,
      log,
      checking: true,
      send: () => call,
      fetch: (input) => this.#refuse(input),
      adjust: (loaded) => this.#adjusted(loaded),
      loadModules: believing(loadModules, this.#identities),
      ...(onRead && { onRead }),
    });
  }

  /** Sends the request of `step`. @throws {NoAnswer}, or what Node says of an answer that cannot be read */
  async send(request: NonNullable<CaseStep['request']>, step: CaseStep): Promise<CaseAnswer> {
    const { isSecure } = destinationOf(request.url);
    const entrance = this.#entranceFor(isSecure, step.listener);
    const { client, server } = connect(step.from, isSecure ?? entrance.isSecure, () =>
      this.time.note(),
    );
    if (step.as !== undefined) this.#identities.set(server, step.as);
    try {
      return await this.time.until(() => {
        this.#gateway?.accept(server, entrance.name);
        return send(client, request);
      });
    } finally {
      client.destroy();
      await this.time.settled();
    }
  }

  async close(): Promise<void> {
    await this.#gateway?.close();
  }

  /** One that serves, if there is one. */
  #entranceFor(isSecure: boolean | undefined, name: string | undefined): Entrance {
    const fitting = this.#entrances.filter((each) =>
      name === undefined
        ? isSecure === undefined || each.isSecure === isSecure
        : each.name === name,
    );
    const found = fitting.find(({ isRedirecting }) => !isRedirecting) ?? fitting[0];
    // A proxy in front may end TLS: the request comes to what there is.
    return found ?? this.#entrances[0]!;
  }

  #adjusted(config: Config): Config {
    const { admin: _admin, tracing: _tracing, server, plugins, ...rest } = config;
    const listeners = server.listeners.map(({ name, at, tls, redirectHttps }) => {
      const isRedirecting = redirectHttps !== undefined;
      this.#entrances.push({ name, isSecure: tls !== undefined, isRedirecting });
      const address = { host: '127.0.0.1', port: 0 };
      return { name, at, address, http2: 'none' as const, ...(redirectHttps && { redirectHttps }) };
    });
    const shutdown = { delayMs: 0, graceMs: 0 };
    return { ...rest, server: { ...server, listeners, shutdown }, plugins: inMemory(plugins) };
  }

  #refuse(input: Parameters<typeof fetch>[0]): Promise<Response> {
    const url = input instanceof Request ? input.url : String(input);
    this.notes.push(
      `a plugin asked ${url}, but no test reaches a server: say who the client is with "as"`,
    );
    return Promise.reject(new TypeError('fetch failed'));
  }
}

const STACK_LINES = 4;

/** A line of the log; of a bug, what was thrown and where. */
function logged(line: string): string {
  const { msg, err } = JSON.parse(line) as {
    readonly msg?: string;
    readonly err?: { readonly stack?: string };
  };
  if (err?.stack === undefined) return `the gateway logged: ${line.trimEnd()}`;
  const lines = err.stack.split('\n').slice(0, STACK_LINES);
  return [`the gateway logged: ${msg ?? 'an error'}`, ...lines].join('\n');
}

/** Plugins that count in a store have the choice of memory. */
const COUNTING = new Set(['rateLimit', 'quota']);

const inMemory = (plugins: Config['plugins']): Config['plugins'] =>
  Object.fromEntries(
    Object.entries(plugins).map(([name, settings]) => [
      name,
      COUNTING.has(name) ? { ...(settings as object), store: 'memory' } : settings,
    ]),
  );

/** The same numbers for each case: mulberry32. */
function seeded(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}
