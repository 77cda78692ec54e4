/**
 * The running gateway: its sockets, the generation behind them, and the order in which everything stops.
 *
 * The socket belongs to this file and not to Fastify, so that the next generation can take over behind
 * it.
 */
import type { Duplex } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import { type Admin, createAdmin } from '../admin/admin.ts';
import type { CircuitOrder } from '../admin/circuits.ts';
import type { GatewayStatus, ListenerStatus } from '../admin/page-data.ts';
import type { Orderer } from '../admin/reason.ts';
import type { World } from '../assembly/world.ts';
import type { Config } from '../config/build/config.ts';
import { within } from '../core/within.ts';
import { warnOfDescriptors } from '../listener/descriptor-notice.ts';
import { type HandlerOf, Listeners } from '../listener/listeners.ts';
import { explainRequest } from '../explain/explain-request.ts';
import type { RequestExplanation } from '../explain/explanation.ts';
import type { OriginOf } from '../explain/origins.ts';
import type { Question } from '../explain/question.ts';
import type { Generation } from '../generation.ts';
import type { CircuitName } from '../policies/circuit.ts';
import { generationsStatus, type GenerationsStatus } from '../admin/generations.ts';
import { type Running, statusOf } from '../admin/status.ts';
import type { Gateway } from '../gateway.ts';
import type { ConfigLoader } from './config-loader.ts';
import { ConfigWatch } from './config-watch.ts';
import { ChangesSince } from './changes-since.ts';
import { KeptOrigins } from './kept-origins.ts';
import type { PastGeneration, ReloadCause } from './history.ts';
import { orderSide } from './side-orders.ts';
import { type Reload, type ReloadOrder, Reloader } from './reloader.ts';
import { tracing } from './traced-requests.ts';

/** The time, after the requests, to close everything else and to write the last lines of the log. */
const LAST_MS = 1_000;
/** The least of that time that the log gets. */
const LEAST_FLUSH_MS = 100;

export interface ReloadOptions {
  readonly loader: ConfigLoader;
  /** Reload when files change. */
  readonly isWatching: boolean;
  readonly first: PastGeneration;
  readonly onReload?: ((reload: Reload) => void) | undefined;
}

export class RunningGateway implements Gateway {
  readonly #world: World;
  readonly #listeners: Listeners;
  readonly #admin: Admin | undefined;
  readonly #startedAt: number;
  readonly #reloads: ReloadOptions;
  readonly #reloader: Reloader;
  readonly #changesSince: ChangesSince;
  readonly #origins: KeptOrigins;
  readonly #watch: ConfigWatch;
  #current: Generation;
  /** Earlier ones that still have requests. */
  readonly #retired = new Set<Generation>();
  /** Remembered: listeners that are closed do not know them. */
  #opened: readonly ListenerStatus[] = [];
  #ready = false;
  #closing: Promise<boolean> | undefined;

  constructor(generation: Generation, world: World, reloads: ReloadOptions) {
    const { config } = generation;
    this.#current = generation;
    this.#reloads = reloads;
    this.#reloader = new Reloader({
      loader: reloads.loader,
      first: reloads.first,
      world,
      opened: config,
      current: () => this.#current,
      swap: (next) => this.#swap(next),
    });
    this.#changesSince = new ChangesSince(this.#reloader.history);
    this.#origins = new KeptOrigins(reloads.loader);
    this.#watch = new ConfigWatch(world.clock, () => {
      this.reload('files').catch(this.#bug);
    });
    this.#world = world;
    this.#startedAt = world.clock.now();
    this.#listeners = new Listeners({
      server: config.server,
      world,
      handlerOf: this.#handlerOf(generation),
      opensSockets: () => this.#current.opensSockets,
    });
    this.#admin =
      config.admin &&
      createAdmin(config.admin, {
        token: () => this.config.admin?.token,
        trace: (id) => this.#trace(id),
        reload: (order, by) => {
          world.log.warn({ ...by, ...order }, 'reload ordered');
          return this.reload('admin', order);
        },
        rollback: (to, by) => {
          world.log.warn({ ...by, to }, 'rollback ordered');
          return this.rollback(to);
        },
        generations: () => this.generations(),
        changesSince: (number) => this.#changesSince.of(number, this.#current.pluginNames),
        running: () => this.#running(),
        explain: (question) => this.explain(question),
        orderCircuit: (upstream, order, by) => this.#orderCircuit(upstream, order, by),
        orderSide: (order, by) => orderSide(this.#current.splits, world.log, order, by),
      });
  }

  get config(): Config {
    return this.#current.config;
  }

  get log(): FastifyBaseLogger {
    return this.#world.log;
  }

  get url(): string {
    const [first] = this.#listeners.open;
    if (first === undefined) throw new Error('the gateway does not listen');
    return first.url;
  }

  get listeners(): readonly ListenerStatus[] {
    return this.#listeners.open;
  }

  accept(socket: Duplex, name: string): void {
    this.#listeners.accept(socket, name);
  }

  get adminUrl(): string | undefined {
    return this.#admin?.url;
  }

  async listen(): Promise<void> {
    try {
      await this.#admin?.listen();
      await this.#listeners.listen();
      this.#opened = this.listeners;
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#ready = true;
    await this.#follow();
    warnOfDescriptors(this.config, this.#world.log);
    this.#world.log.info({ ...this.#places(), admin: this.adminUrl }, 'serving');
  }

  /** Of the log's first line: the only listener, or all of them by name. */
  #places(): object {
    const { url, listeners } = this;
    if (listeners.length === 1) return { url };
    return { url, listeners: Object.fromEntries(listeners.map((each) => [each.name, each.url])) };
  }

  #handlerOf(generation: Generation): HandlerOf {
    const handle = tracing(generation, this.#world);
    return ({ redirectHttps }) =>
      redirectHttps === undefined
        ? handle
        : tracing(generation, this.#world, generation.redirect(redirectHttps));
  }

  status(): GatewayStatus {
    return statusOf(this.#running());
  }

  #running(): Running {
    const { last: reload, rolledBackTo, history } = this.#reloader;
    return {
      world: this.#world,
      generation: this.#current,
      past: history.current,
      file: this.#reloads.loader.file,
      url: this.#opened[0]?.url ?? '',
      listeners: this.#opened,
      isReady: this.#ready,
      uptimeMs: this.#world.clock.now() - this.#startedAt,
      reload,
      rolledBackTo,
      connections: this.#listeners.connections,
      certificates: this.#listeners.certificates,
    };
  }

  async explain(question: Question): Promise<RequestExplanation> {
    const generation = this.#current;
    const { number } = generation;
    const findOrigins = async (): Promise<OriginOf | undefined> => {
      // It is not there yet while what has changed is being found out.
      const written = this.#reloader.history.at(number)?.snapshot;
      return written && this.#origins.of(number, written);
    };
    const options = { generation, world: this.#world, findOrigins };
    return { generation: number, ...(await explainRequest(question, options)) };
  }

  generations(): GenerationsStatus {
    const { history, rolledBackTo } = this.#reloader;
    return generationsStatus(history, rolledBackTo);
  }

  async reload(cause: ReloadCause, order?: ReloadOrder): Promise<Reload> {
    const reload = await this.#reloader.reload(cause, order);
    await this.#told(reload);
    return reload;
  }

  async rollback(generation?: number): Promise<Reload> {
    const reload = await this.#reloader.rollback(generation);
    await this.#told(reload);
    return reload;
  }

  #told(reload: Reload): Promise<void> {
    this.#reloads.onReload?.(reload);
    return this.#follow();
  }

  async #follow(): Promise<void> {
    const { loader, isWatching } = this.#reloads;
    if (isWatching && this.#ready) await this.#watch.follow(loader.watched, loader.digests);
  }

  /** In one turn: no request sees half of it. @throws {RangeError} when its certificates cannot be used */
  #swap(next: Generation): void {
    const previous = this.#current;
    this.#listeners.apply(next.config.server, this.#handlerOf(next));
    next.takeOver();
    this.#current = next;
    if (this.#world.logOutput !== undefined) this.#world.log.level = next.config.logs.level;
    this.#retire(previous).catch(this.#bug);
  }

  /** Its requests end by its rules. */
  async #retire(generation: Generation): Promise<void> {
    this.#retired.add(generation);
    await generation.whenIdle();
    await generation.close();
    this.#retired.delete(generation);
    this.#forgetGone(generation);
  }

  /** Drops the metric series of what no generation has any more. */
  #forgetGone({ config }: Generation): void {
    const kept = [this.#current, ...this.#retired].map((each) => each.config);
    const routes = new Set(kept.flatMap(routeNames));
    const upstreams = new Set(kept.flatMap(upstreamNames));
    this.#world.mirrors.keep(kept.flatMap((each) => each.routes));
    this.#world.metrics.forget({
      routes: new Set(routeNames(config)).difference(routes),
      upstreams: new Set(upstreamNames(config)).difference(upstreams),
    });
  }

  readonly #bug = (error: unknown): void => {
    this.#world.log.error({ err: error }, 'bug');
  };

  #orderCircuit(upstream: string, order: CircuitOrder, by: Orderer): CircuitName | undefined {
    const circuit = this.#current.upstreams.get(upstream)?.state.circuit;
    circuit?.force(order === 'auto' ? undefined : order);
    if (circuit !== undefined) this.#world.log.warn({ upstream, order, ...by }, 'circuit order');
    return circuit?.state;
  }

  /** `undefined` where no request is traced. */
  #trace(id: string): Promise<string | undefined> | undefined {
    return this.config.admin?.trace === undefined ? undefined : this.#world.traces.find(id);
  }

  close(): Promise<boolean> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<boolean> {
    this.#watch.close();
    await this.#reloader.stop();
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
    this.#world.streams.drain(graceMs);
    const requests = Promise.withResolvers<void>();
    const engine = this.#world.engines?.close(graceMs, requests.promise);
    const endsAt = clock.now() + graceMs;
    const drained = await this.#listeners.close(graceMs);
    await this.#outlived(endsAt - clock.now());
    requests.resolve();
    await engine;
    this.#world.mirrors.end();
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

  /** Waits for requests whose clients have left: their connections are gone, and they are not over. */
  async #outlived(ms: number): Promise<void> {
    const busy = [...this.#retired, this.#current].filter((each) => each.inflight() > 0);
    if (busy.length === 0 || ms <= 0) return;
    const { clock } = this.#world;
    const idle = Promise.all(busy.map((each) => each.whenIdle()));
    await within<unknown>(idle, { ms, clock, late: () => undefined });
  }

  /**
   * Closes everything; what does not close in time must not keep the process running.
   *
   * @returns whether everything closed
   */
  async #closeAll(): Promise<boolean> {
    const { clock } = this.#world;
    const closed = Promise.all([...this.#retired, this.#current].map((each) => each.close()))
      .then(() => this.#admin?.close())
      .then(() => this.#world.fetcher.close())
      .then(() => this.#world.traces.close())
      .then(() => true);
    return within(closed, { ms: LAST_MS, clock, late: () => false });
  }
}

const routeNames = ({ routes }: Config): string[] => routes.map(({ name }) => name);
const upstreamNames = ({ upstreams }: Config): string[] => Object.keys(upstreams);
