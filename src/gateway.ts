/**
 * `portico/gateway`: the sockets, and the generation that serves behind them.
 *
 * The socket belongs to this file, not to Fastify, so that a generation can be swapped for the next
 * one under it.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { type Admin, type CircuitOrder, createAdmin } from './admin/admin.ts';
import { KeptValues } from './assembly/kept-values.ts';
import { nameLog, upstreamLog } from './assembly/upstream-log.ts';
import { gaugesOf } from './assembly/upstream-gauges.ts';
import type { World } from './assembly/world.ts';
import type { Call } from './core/call.ts';
import { type Clock, systemClock } from './core/clock.ts';
import type { Config } from './config/build/config.ts';
import type { Environment } from './config/yaml/environment.ts';
import { descriptorNotice, warnOfDescriptors } from './listener/descriptor-notice.ts';
import { ConfigError, type Fault, formatFault, sortFaults } from './config/fault.ts';
import { type Loaded, loadConfig } from './config/load.ts';
import { requestIds } from './edge/request-id.ts';
import { createHttpServer, type GatewayHttpServer } from './listener/http-server.ts';
import { buildGeneration, type Generation } from './generation.ts';
import type { ModuleLoader } from './config/modules.ts';
import { type GatewayModules, loadModules as loadAllModules } from './assembly/modules.ts';
import type { LineOutput } from './observe/line-output.ts';
import { createLogger, createSilentLogger, logOutput } from './observe/log.ts';
import { Metrics } from './observe/metrics.ts';
import type { CircuitName } from './policies/circuit.ts';
import { CollectedBytes } from './policies/collect.ts';
import { statusOf, type GatewayStatus } from './admin/status.ts';
import { Fetcher } from './upstream/fetcher.ts';
import { Names } from './upstream/names/names.ts';
import type { SystemFiles } from './upstream/names/system-names.ts';
import { UpstreamRegistry } from './upstream/registry.ts';

export interface GatewayOptions {
  /** Path of gateway.config.yaml. */
  readonly file: string;
  /** What `${NAME}` is replaced from. */
  readonly environment: Environment;
  /** Default: JSON lines on standard output, at the config's level. */
  readonly log?: FastifyBaseLogger;
  /** Where the default log goes. Default: standard output. */
  readonly logOutput?: LineOutput;
  readonly clock?: Clock;
  /** Hosts file and resolv.conf. Default: the system's. */
  readonly systemFiles?: SystemFiles;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** Replaces the network of an upstream; tests pass one in. */
  readonly send?: (upstream: string) => Call | undefined;
  /** Default false. If true, it will never listen, and starting it makes no calls. */
  readonly checking?: boolean;
  /** Default: ours, and what the config names. */
  readonly loadModules?: ModuleLoader<GatewayModules>;
}

export interface Gateway {
  readonly config: Config;
  readonly log: FastifyBaseLogger;
  /**
   * Opens the ports; resolves when requests are served.
   *
   * @throws the system's error if it cannot listen on a port
   */
  listen(): Promise<void>;
  /** Origin of the port that clients use, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Origin of the admin port; `undefined` where it is off. */
  readonly adminUrl: string | undefined;
  status(): GatewayStatus;
  /**
   * Fails readiness, waits `shutdown.delay`, stops accepting, lets requests finish up to
   * `shutdown.grace`, closes everything.
   *
   * @returns whether all requests finished by themselves
   */
  close(): Promise<boolean>;
}

/**
 * Loads a config and builds the gateway; it serves after `listen`.
 *
 * @throws {ConfigError} with every fault of the config
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { file, environment } = options;
  const { loadModules = loadAllModules } = options;
  const loaded = await loadConfig({ file, environment, loadModules });
  const world = createWorld(options, loaded.config);
  for (const warning of loaded.warnings) world.log.warn(formatFault(warning));
  return startedFrom(loaded, world);
}

/**
 * Does what a start does, up to the ports: builds everything, opens none, calls nobody, and closes it
 * all again.
 *
 * @returns the warnings of a config that would start
 * @throws {ConfigError} with everything for which `createGateway` would refuse it, and the warnings
 */
export async function checkGateway(
  options: Pick<GatewayOptions, 'file' | 'environment'>,
): Promise<readonly Fault[]> {
  const loaded = await loadConfig({ ...options, loadModules: loadAllModules });
  const { warnings } = loaded;
  const log = createSilentLogger();
  const world = createWorld({ ...options, log, checking: true }, loaded.config);
  try {
    const gateway = await startedFrom(loaded, world);
    await gateway.close();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(sortFaults([...warnings, ...error.faults]));
  }
  return warnings;
}

async function startedFrom(loaded: Loaded<GatewayModules>, world: World): Promise<RunningGateway> {
  const generation = await buildGeneration(1, loaded, world);
  world.metrics.observeLoad('applied', generation.number);
  try {
    const gateway = new RunningGateway(generation, world);
    generation.takeOver();
    return gateway;
  } catch (error) {
    await generation.close();
    // Its certificates passed their checks, and cannot be used all the same.
    if (loaded.config.server.tls === undefined || !(error instanceof Error)) throw error;
    const finding = { path: ['server', 'tls'], message: `cannot be used: ${error.message}` };
    throw new ConfigError([loaded.modules.place(finding)]);
  }
}

function createWorld(options: GatewayOptions, config: Config): World {
  const { clock = systemClock, random = Math.random, checking = false, send } = options;
  const { log, output } = openLog(options, config.logs.level, clock);
  const names = new Names({ clock, files: options.systemFiles, onEvent: nameLog(log) });
  const onNoDescriptors = descriptorNotice(clock, log);
  const upstreams = new UpstreamRegistry({
    clock,
    onNoDescriptors,
    random,
    checking,
    names,
    ...upstreamLog(log, () => metrics),
  });
  const metrics: Metrics = new Metrics(
    () => gaugesOf(upstreams),
    () => output?.dropped ?? 0,
  );
  return {
    clock,
    random,
    log,
    logOutput: output,
    metrics,
    names,
    fetcher: new Fetcher(names),
    upstreams,
    collected: new CollectedBytes(),
    kept: new KeptValues(),
    checking,
    onNoDescriptors,
    nextRequestId: requestIds(),
    send,
  };
}

function openLog(
  { log, logOutput: given }: GatewayOptions,
  level: string,
  clock: Clock,
): { readonly log: FastifyBaseLogger; readonly output?: LineOutput } {
  if (log !== undefined) return { log };
  const output = given ?? logOutput(clock);
  return { log: createLogger(level, output), output };
}

/** After the requests: so long it may take to close what is left, and to write the last lines of the log. */
const LAST_MS = 1_000;
/** What the log gets of it, at least. */
const LEAST_FLUSH_MS = 100;

class RunningGateway implements Gateway {
  readonly #world: World;
  readonly #http: GatewayHttpServer;
  readonly #admin: Admin | undefined;
  readonly #startedAt: number;
  readonly #current: Generation;
  #ready = false;
  #closing: Promise<boolean> | undefined;

  constructor(generation: Generation, world: World) {
    const { config } = generation;
    this.#current = generation;
    this.#world = world;
    this.#startedAt = world.clock.now();
    this.#http = createHttpServer(config.server, world, (request, response) =>
      this.#current.handle(request, response),
    );
    this.#admin =
      config.admin &&
      createAdmin(config.admin, {
        isReady: () => this.#ready,
        metrics: world.metrics,
        status: () => this.status(),
        postAt: (path) => this.#current.adminRoutes.at(path),
        postPaths: () => this.#current.adminRoutes.paths,
        orderCircuit: (upstream, order) => this.#orderCircuit(upstream, order),
      });
  }

  get config(): Config {
    return this.#current.config;
  }

  get log(): FastifyBaseLogger {
    return this.#world.log;
  }

  get url(): string {
    const { port, address } = this.#http.server.address() as AddressInfo;
    const host = ['0.0.0.0', '::'].includes(address) ? '127.0.0.1' : address;
    const scheme = this.config.server.tls === undefined ? 'http' : 'https';
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  get adminUrl(): string | undefined {
    return this.#admin?.url;
  }

  async listen(): Promise<void> {
    const { host, port } = this.config.server;
    try {
      await this.#admin?.listen();
      this.#http.server.listen(port, host);
      await once(this.#http.server, 'listening');
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#ready = true;
    warnOfDescriptors(this.config, this.#world.log);
    this.#world.log.info({ url: this.url, admin: this.adminUrl }, 'serving');
  }

  status(): GatewayStatus {
    const uptimeMs = this.#world.clock.now() - this.#startedAt;
    return statusOf(this.#current, { isReady: this.#ready, uptimeMs });
  }

  #orderCircuit(upstream: string, order: CircuitOrder): CircuitName | undefined {
    const circuit = this.#current.upstreams.get(upstream)?.state.circuit;
    circuit?.force(order === 'auto' ? undefined : order);
    if (circuit !== undefined) this.#world.log.warn({ upstream, order }, 'circuit order');
    return circuit?.state;
  }

  close(): Promise<boolean> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<boolean> {
    const { delayMs, graceMs } = this.config.server.shutdown;
    const { clock } = this.#world;
    const wasReady = this.#ready;
    this.#ready = false;
    const { log } = this.#world;
    if (wasReady) log.info({ delayMs, graceMs }, 'stopping');
    if (wasReady && delayMs > 0) {
      await new Promise<void>((resolve) => {
        clock.after(delayMs, resolve);
      });
    }
    const drained = await this.#http.close(graceMs);
    const endAt = clock.now() + LAST_MS;
    const isClosed = await this.#closeAll();
    if (wasReady && !drained)
      log.warn('stopped: requests in progress were cut at the end of the grace period');
    else if (wasReady && isClosed) log.info('stopped');
    else if (wasReady) log.warn('stopped: a plugin or a connection did not close in time');
    this.#world.names.close();
    await this.#world.logOutput?.end(Math.max(endAt - clock.now(), LEAST_FLUSH_MS));
    return drained;
  }

  /** What does not close by itself must not keep the process. @returns whether all did */
  async #closeAll(): Promise<boolean> {
    const { clock } = this.#world;
    const late = Promise.withResolvers<false>();
    const timer = clock.after(LAST_MS, () => late.resolve(false));
    const closed = this.#current
      .close()
      .then(() => this.#admin?.close())
      .then(() => this.#world.fetcher.close())
      .then(() => true as const);
    try {
      return await Promise.race([closed, late.promise]);
    } finally {
      clock.cancel(timer);
    }
  }
}
