/** The plugins of one generation, registered and ready to be put on routes. */
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyPluginCallback,
  RouteOptions,
} from 'fastify';
import type { Plugin } from '../authoring/plugin.ts';
import {
  type PluginWhere,
  type RegisteredPlugin,
  type ScriptFields,
} from '../authoring/plugin-hooks.ts';
import type { PluginHost } from '../authoring/plugin-host.ts';
import type { Config, ServerConfig } from '../config/build/config.ts';
import type { Finding } from '../config/fault.ts';
import { type KnownNames, knownNames } from '../config/modules.ts';
import { PERMISSIONS } from '../config/schema/permissions.ts';
import type { FastifyModule, GatewayModules } from './modules.ts';
import type { UpstreamLeases } from '../upstream/lease.ts';
import { toError } from '../core/errors.ts';
import type { RecordStore } from '../operations/record-store.ts';
import { checkedHooks, checkedRegistration } from './checked-hooks.ts';
import { GuardedHooks } from './guarded-hooks.ts';
import { AdminRoutes } from './admin-routes.ts';
import type { HookSet } from './hook-sets.ts';
import { ADDRESS_PREFIX } from './mount.ts';
import { pluginCall } from './plugin-calls.ts';
import type { PluginReport } from '../observe/plugin-report.ts';
import { pluginReports } from './plugin-reports.ts';
import { type MadeHooks, prepareHooks, type Preparing } from './prepared-hooks.ts';
import type { StartFaults } from './start-faults.ts';
import type { World } from './world.ts';

interface Registered {
  readonly name: string;
  readonly plugin: Plugin;
  readonly settings: unknown;
  readonly registration: RegisteredPlugin<unknown>;
}

interface RegistrationRules {
  /** Fields that no client may send. */
  readonly owned: ReadonlySet<string>;
  readonly server: ServerConfig;
  /** The names that options may refer to. */
  readonly known: KnownNames;
  /** Some ordinary Fastify plugin may want `onSend`. */
  readonly needsReplyPath: boolean;
}

export class RegisteredPlugins {
  readonly #registered: readonly Registered[];
  readonly #owned: ReadonlySet<string>;
  readonly #server: ServerConfig;
  readonly #known: KnownNames;
  /** Every set of hooks. */
  readonly #made: MadeHooks[] = [];
  #closed = false;
  /** Some ordinary Fastify plugin may want `onSend`. */
  readonly needsReplyPath: boolean;
  readonly adminRoutes = new AdminRoutes();

  constructor(
    registered: readonly Registered[],
    { owned, server, known, needsReplyPath }: RegistrationRules,
  ) {
    this.#registered = registered;
    this.#owned = owned;
    this.#server = server;
    this.#known = known;
    this.needsReplyPath = needsReplyPath;
  }

  /**
   * The hooks that plugins make from `options` for one place; `mount` are the options of the route around it.
   *
   * @throws {TypeError} naming the plugin that fails to make hooks
   */
  setsFor(
    options: Readonly<Record<string, unknown>>,
    place: Omit<PluginWhere, 'scripts'>,
    mount: Readonly<Record<string, unknown>> = {},
  ): HookSet[] {
    const where = { ...place, scripts: this.#scriptsOf({ ...mount, ...options }) };
    return this.#registered.flatMap(({ name, registration }, order) => {
      if (options[name] === undefined) return [];
      return madeBy(name, () => checkedHooks(registration.route(options[name], where))).map(
        (hooks) => {
          this.#made.push({ plugin: name, route: place.route, hooks });
          return { plugin: name, order, hooks, guarded: new GuardedHooks(name, hooks) };
        },
      );
    });
  }

  #scriptsOf(options: Readonly<Record<string, unknown>>): ScriptFields {
    const on = this.#registered.flatMap(({ name, plugin }) =>
      options[name] === undefined ? [] : (plugin.scripts ?? []),
    );
    return { send: on.flatMap(({ send }) => send), read: on.flatMap(({ read }) => read) };
  }

  /**
   * The options that a BFF's route adds to those of its mount.
   *
   * @throws {TypeError} for an unknown plugin, or options that are not valid for it
   */
  parseOptions(
    written: Readonly<Record<string, unknown>>,
    mount: Readonly<Record<string, unknown>>,
  ): Record<string, unknown> {
    const others = new Map(Object.entries({ ...mount, ...written }));
    return Object.fromEntries(
      Object.entries(written).map(([name, options]) => [name, this.#parse(name, options, others)]),
    );
  }

  #parse(name: string, written: unknown, others: ReadonlyMap<string, unknown>): unknown {
    const fault = (message: string | undefined): TypeError =>
      new TypeError(`config.portico.${name}: ${message}`);
    const registered = this.#registered.find((each) => each.name === name);
    if (registered === undefined) throw fault('no such plugin');
    if (written === false) throw fault('only the YAML may remove a plugin');
    const { plugin, settings } = registered;
    const permission = plugin.requires && PERMISSIONS[plugin.requires];
    if (permission?.isGiven(this.#server) === false) {
      throw fault(`${permission.hint} of the YAML`);
    }
    const parsed = plugin.options.safeParse(written);
    if (!parsed.success) throw fault(parsed.error.issues[0]?.message);
    const faults = plugin.check?.(parsed.data, settings as never, others, this.#known);
    for (const { message, severity } of faults ?? []) {
      if (severity !== 'warning') throw fault(message);
    }
    for (const field of plugin.owns?.(settings as never, [parsed.data]) ?? []) {
      // The clients' own values are removed only for fields that the YAML names.
      if (!this.#owned.has(field.toLowerCase())) throw fault(`only the YAML may set ${field}`);
    }
    return parsed.data;
  }

  /** Lets hooks prepare for the routes that they are on; those that fail are faults. */
  async prepare(preparing: Preparing): Promise<void> {
    await prepareHooks(this.#made, preparing);
  }

  /** What each plugin says of what it depends on. */
  reports(): readonly PluginReport[] {
    return this.#registered.flatMap(({ name, registration }) => pluginReports(name, registration));
  }

  /** Runs once, when the generation ends or fails to start. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const { hooks } of this.#made) await hooks.close?.();
    for (const { registration } of this.#registered) await registration.close?.();
  }
}

function madeBy<T>(plugin: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new TypeError(`plugin ${plugin}: ${toError(error).message}`, { cause: error });
  }
}

/** What plugins get from their generation and its surroundings. */
interface Birth {
  readonly world: World;
  /** The generation's identity. */
  readonly generation: object;
  readonly upstreams: UpstreamLeases;
  /** Fields that no client may send. */
  readonly owned: ReadonlySet<string>;
  readonly faults: StartFaults;
  /** Absent without a store. */
  readonly records: RecordStore | undefined;
}

/** Registers every plugin on `app`; one that cannot start becomes a fault. */
export async function registerPlugins(
  app: FastifyInstance,
  config: Config,
  modules: GatewayModules,
  birth: Birth,
): Promise<RegisteredPlugins> {
  const registered: Registered[] = [];
  const { faults } = birth;
  const needsReplyPath = modules.fastifyPlugins.some(({ fastPath }) => !fastPath);
  const plugins = new RegisteredPlugins(registered, {
    owned: birth.owned,
    server: config.server,
    known: knownNames(modules, Object.entries(config.upstreams), config.store),
    needsReplyPath,
  });
  // If a later plugin cannot start, the earlier ones are closed with the app.
  app.addHook('onClose', () => plugins.close());
  app.addHook('onRoute', refuseForeignRoute);
  for (const [name, plugin] of modules.plugins) {
    const settings = config.plugins[name] ?? plugin.settings.parse({});
    const host = pluginHost(app, plugin, settings, { ...birth, admin: plugins.adminRoutes });
    const registration = await faults.attempt(unstarted(name), async () =>
      checkedRegistration(await plugin.register(settings as never, host)),
    );
    if (registration === undefined) continue;
    if (plugin.key !== undefined) {
      app.pluginKeys.set(name, (request) => plugin.key?.(request, settings as never));
    }
    registered.push({ name, plugin, settings, registration });
  }
  for (const { name, plugin, options } of modules.fastifyPlugins) {
    await faults.attempt(unstarted(name), async () => {
      await app.register(forAllRoutes(plugin), options);
    });
  }
  return plugins;
}

/** @throws {TypeError} for a route that no request would ever reach */
function refuseForeignRoute({ method, url }: RouteOptions): void {
  if (url.startsWith(ADDRESS_PREFIX)) return;
  const what = `${[method].flat().join(', ')} ${url}`;
  const why = 'requests reach only the routes of the config';
  throw new TypeError(`it registers the route ${what}, but ${why}: serve it from a BFF`);
}

type FastifyPlugin = FastifyPluginAsync | FastifyPluginCallback;
/** `fastify-plugin` sets the same symbol. */
const SKIP_OVERRIDE = Symbol.for('skip-override');

/** Registers without a context of its own, so that the hooks apply to every route. */
function forAllRoutes(plugin: FastifyModule['plugin']): FastifyPlugin {
  const own = plugin as FastifyPluginAsync & FastifyPluginCallback;
  if (SKIP_OVERRIDE in own) return own;
  const withCallback: FastifyPluginCallback = (app, options, done) => own(app, options, done);
  const withPromise: FastifyPluginAsync = async (app, options) => own(app, options);
  return Object.assign(own.length > 2 ? withCallback : withPromise, { [SKIP_OVERRIDE]: true });
}

function pluginHost(
  app: FastifyInstance,
  plugin: Plugin,
  settings: unknown,
  { world, generation, upstreams, admin, records }: Birth & { readonly admin: AdminRoutes },
): PluginHost {
  const { name } = plugin;
  // What another version of its code has made is of no use to it.
  const code: unknown = Reflect.get(plugin, 'register');
  return {
    random: world.random,
    clock: world.clock,
    wallClock: world.wallClock,
    checking: world.checking,
    app,
    log: world.log.child({ plugin: name }),
    metrics: {
      counter: (metric, help, labels) => world.metrics.pluginCounter(metric, help, labels),
    },
    fetch: world.fetcher.fetch,
    lookup: world.names.lookup,
    keep: (key, make, dispose) =>
      world.kept.keep(generation, `${name} ${key}`, [settings, code], make, dispose),
    keepThrough: (key, make, dispose) =>
      world.kept.keep(generation, `${name} ${key}, whatever the settings`, code, make, dispose),
    admin,
    records: records && {
      swap: (change) => records.swap({ ...change, key: `${name} ${change.key}` }),
    },
    callOf: (upstream) => {
      const lease = upstreams.get(upstream);
      if (lease === undefined) throw new TypeError(`there is no upstream "${upstream}"`);
      return pluginCall(lease, name, world);
    },
  };
}

const unstarted = (plugin: string): Finding => ({
  path: ['plugins', plugin],
  message: 'the plugin could not start',
});
