/**
 * `portico/gateway`: a config becomes a gateway that runs, or the faults for which it cannot.
 */
import type { Duplex } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import type { Documented } from './assembly/api-document.ts';
import type { World } from './assembly/world.ts';
import type { Call } from './core/call.ts';
import type { Clock } from './core/clock.ts';
import type { Config } from './config/build/config.ts';
import type { Environment } from './config/yaml/environment.ts';
import { ConfigError, type Fault, formatFault, sortFaults } from './config/fault.ts';
import type { Loaded } from './config/load.ts';
import { buildGeneration, type Generation } from './generation.ts';
import type { ModuleLoader } from './config/modules.ts';
import { type GatewayModules, loadModules as loadAllModules } from './assembly/modules.ts';
import { createSilentLogger, type LogOutput } from './observe/log.ts';
import type { GatewayStatus, ListenerStatus } from './admin/page-data.ts';
import { explainRequest } from './explain/explain-request.ts';
import type { RequestExplanation } from './explain/explanation.ts';
import type { OriginOf } from './explain/origins.ts';
import type { Question } from './explain/question.ts';
import type { SystemFiles } from './upstream/names/system-names.ts';
import { CertificatesUnusable } from './listener/listeners.ts';
import { ConfigLoader } from './running/config-loader.ts';
import type { Digests, WatchedFiles } from './running/file-content.ts';
import { createWorld } from './running/create-world.ts';
import type { GenerationsStatus } from './admin/generations.ts';
import type { PastGeneration, ReloadCause } from './running/history.ts';
import type { Reload, ReloadOrder } from './running/reloader.ts';
import { type ReloadOptions, RunningGateway } from './running/running-gateway.ts';

export interface GatewayOptions {
  /** Path of gateway.config.yaml. */
  readonly file: string;
  /** What `${NAME}` is replaced from. */
  readonly environment: Environment;
  /** Default: JSON lines on standard output, at the config's level. */
  readonly log?: FastifyBaseLogger;
  /** Where the default log goes. Default: standard output. */
  readonly logOutput?: LogOutput;
  readonly clock?: Clock;
  /** Milliseconds since 1970, for signatures that end. Default: `Date.now`. */
  readonly wallClock?: () => number;
  /** Hosts file and resolv.conf. Default: the system's. */
  readonly systemFiles?: SystemFiles;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** Replaces the network of an upstream; tests pass one in. */
  readonly send?: (upstream: string) => Call | undefined;
  /** Watches the answers of upstreams that have a document, for `portico dev`. Default: nobody does. */
  readonly watchOf?: World['watchOf'];
  /** Replaces `fetch` for servers that are not upstreams, such as those of key sets; tests pass one in. */
  readonly fetch?: typeof globalThis.fetch;
  /** Default false. If true, it will never listen, and starting it makes no calls. */
  readonly checking?: boolean;
  /** Changes what was loaded before anything is built from it; nothing checks the result. */
  readonly adjust?: (config: Config) => Config;
  /** Default false. If true, it reloads when the config, or a file that it names, has changed. */
  readonly watch?: boolean;
  /** Default: ours, and what the config names. */
  readonly loadModules?: ModuleLoader<GatewayModules>;
  /** Told after each load, be it valid or not: what to watch, and what the config files held. */
  readonly onRead?: (watched: WatchedFiles, digests: Digests) => void;
  /** Told after each reload or rollback. */
  readonly onReload?: (reload: Reload) => void;
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
  /**
   * Serves a connection that came through no port, as the listener `name` serves those of its port: first comes
   * what that wants, such as a TLS handshake. Who is at its other end the socket says, by `remoteAddress`.
   *
   * @throws {RangeError} when there is no such listener
   */
  accept(socket: Duplex, name: string): void;
  /** Where clients connect: the first listener, such as `http://127.0.0.1:8080` or `unix:/run/portico.sock`. */
  readonly url: string;
  /** All listeners that are open, in the order of the config. */
  readonly listeners: readonly ListenerStatus[];
  /** Origin of the admin port; `undefined` where it is off. */
  readonly adminUrl: string | undefined;
  status(): GatewayStatus;
  /**
   * Tells what the gateway would do with a request, and does none of it.
   *
   * @throws {QuestionError} for what is no request
   */
  explain(question: Question): Promise<RequestExplanation>;
  /** Loads the config again and, if it has no faults, serves by it from then on. Never rejects for faults. */
  reload(cause: ReloadCause, order?: ReloadOrder): Promise<Reload>;
  /**
   * Serves the config of an earlier generation until the config files change; default: the one before.
   *
   * @throws {RollbackError} when there is no such generation in memory, or when it serves
   */
  rollback(generation?: number): Promise<Reload>;
  /** The last ten, newest first, and what changed with each. */
  generations(): GenerationsStatus;
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
  const { file, environment, adjust = (config) => config } = options;
  const { loadModules = loadAllModules, onRead, onReload } = options;
  const loader = new ConfigLoader({ file, environment, loadModules, adjust, onLoaded: onRead });
  const loaded = await loader.load();
  const world = createWorld(options, loaded.config);
  for (const warning of loaded.warnings) world.log.warn(formatFault(warning));
  return startedFrom(loaded, world, { loader, isWatching: options.watch === true, onReload });
}

/**
 * Does what a start does, up to the ports: builds everything, opens none, calls nobody, and closes it
 * all again.
 *
 * @returns the warnings of a config that would start
 * @throws {ConfigError} with everything for which `createGateway` would refuse it, and the warnings
 */
export async function checkGateway(options: CheckOptions): Promise<readonly Fault[]> {
  const { warnings } = await loadChecked(options);
  return warnings;
}

type CheckOptions = Pick<GatewayOptions, 'file' | 'environment'>;

/**
 * Loads a config that would start.
 *
 * @throws {ConfigError} as `checkGateway` does
 */
export async function loadChecked(options: CheckOptions): Promise<Loaded<GatewayModules>> {
  const { file, environment } = options;
  const adjust = (config: Config): Config => config;
  const loader = new ConfigLoader({ file, environment, loadModules: loadAllModules, adjust });
  const loaded = await loader.load();
  const { warnings } = loaded;
  const log = createSilentLogger();
  const world = createWorld({ ...options, log, checking: true }, loaded.config);
  try {
    const gateway = await startedFrom(loaded, world, { loader, isWatching: false });
    await gateway.close();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(sortFaults([...warnings, ...error.faults]));
  }
  return loaded;
}

/**
 * Tells what a gateway of this config would do with a request: builds everything as {@link checkGateway} does.
 * Key sets of token issuers are fetched if the request has a token that needs them; nobody else is called.
 *
 * @throws {ConfigError} with everything for which `createGateway` would refuse it; {QuestionError}
 */
export const explainConfig = (
  options: CheckOptions,
  question: Question,
): Promise<RequestExplanation> =>
  inGeneration(options, (generation, world, { originOf }) => {
    const findOrigins = (): Promise<OriginOf> => Promise.resolve(originOf);
    return explainRequest(question, { generation, world, findOrigins });
  });

/**
 * The OpenAPI document of what a config serves: builds everything as {@link checkGateway} does.
 *
 * @param route one that publishes a document, or any other for a document of it alone; absent: the first that
 *   publishes one, or else all routes
 * @throws {ConfigError} with everything for which `createGateway` would refuse it; {RangeError} for a name that no
 *   route has
 */
export const documentConfig = (options: CheckOptions, route?: string): Promise<Documented> =>
  inGeneration(options, (generation) => generation.documented(route));

/** Operations, such as `GET /products/{id}`, by the routes whose documents tell them. */
export type Published = ReadonlyMap<string, readonly string[]>;

/** @param loaded what {@link loadChecked} has loaded */
export async function publishedOperations(
  options: CheckOptions,
  loaded: Loaded<GatewayModules>,
): Promise<Published> {
  const publishing = loaded.config.routes.filter(({ action }) => action.kind === 'document');
  if (publishing.length === 0) return new Map();
  return inGenerationOf(loaded, options, ({ documented }) => {
    const operations = publishing.map(({ name }) => {
      const { paths } = documented(name).document;
      const told = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
      return [name, told] as const;
    });
    return new Map(operations);
  });
}

type Use<T> = (
  generation: Generation,
  world: World,
  loaded: Loaded<GatewayModules>,
) => T | Promise<T>;

/** What `use` makes of a generation that serves nobody, and ends with it. */
async function inGeneration<T>(options: CheckOptions, use: Use<T>): Promise<T> {
  const { file, environment } = options;
  const adjust = (config: Config): Config => config;
  const loader = new ConfigLoader({ file, environment, loadModules: loadAllModules, adjust });
  return inGenerationOf(await loader.load(), options, use);
}

async function inGenerationOf<T>(
  loaded: Loaded<GatewayModules>,
  options: CheckOptions,
  use: Use<T>,
): Promise<T> {
  const log = createSilentLogger();
  const world = createWorld({ ...options, log, checking: true }, loaded.config);
  try {
    const generation = await buildGeneration(1, loaded, world);
    try {
      return await use(generation, world, loaded);
    } finally {
      await generation.close();
    }
  } finally {
    world.names.close();
    await world.fetcher.close();
  }
}

async function startedFrom(
  loaded: Loaded<GatewayModules>,
  world: World,
  reloads: Omit<ReloadOptions, 'first'>,
): Promise<RunningGateway> {
  const generation = await buildGeneration(1, loaded, world);
  world.metrics.config.observeLoad('applied', generation.number);
  const { loader } = reloads;
  const outside = await loader.outsideNow();
  const first: PastGeneration = {
    number: generation.number,
    at: new Date().toISOString(),
    cause: 'start',
    changes: [],
    configOf: generation.number,
    snapshot: loaded.snapshot,
    outside,
    hash: loader.hashOf(loaded.snapshot, outside),
  };
  try {
    const gateway = new RunningGateway(generation, world, { ...reloads, first });
    generation.takeOver();
    return gateway;
  } catch (error) {
    await generation.close();
    if (!(error instanceof CertificatesUnusable)) throw error;
    const { listener, message } = error;
    throw new ConfigError([loaded.modules.place({ path: [...listener.at, 'tls'], message })]);
  }
}
