/** The plugins of one generation, registered and ready to be put on routes. */
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import {
  PHASES,
  type Phase,
  type Plugin,
  type PluginHooks,
  type PluginHost,
} from '../authoring/plugin.ts';
import type { Policy } from '../call.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/fault.ts';
import type { GatewayModules } from '../modules.ts';
import type { BodyTransform, RequestHook, ResponseHook } from '../routes/route.ts';
import type { World } from './world.ts';

/** What one plugin does on one route. */
export interface RouteHooks {
  readonly request: readonly RequestHook[];
  readonly response: readonly ResponseHook[];
  readonly transforms: readonly BodyTransform[];
  readonly outer: (upstream: string) => Policy[];
  readonly inner: (upstream: string) => Policy[];
  readonly answersPreflight: boolean;
}

interface Registered {
  readonly name: string;
  readonly hooks: readonly PluginHooks<unknown>[];
}

export class RegisteredPlugins {
  readonly #registered: readonly Registered[];
  readonly #plugins: ReadonlyMap<string, Plugin>;
  /** Some ordinary Fastify plugin may want `onSend`. */
  readonly needsReplyPath: boolean;

  constructor(
    registered: readonly Registered[],
    plugins: ReadonlyMap<string, Plugin>,
    needsReplyPath: boolean,
  ) {
    this.#registered = registered;
    this.#plugins = plugins;
    this.needsReplyPath = needsReplyPath;
  }

  /** The hooks of a route that says `options` to plugins, in the order of their phases. */
  hooksFor(options: Readonly<Record<string, unknown>>): RouteHooks {
    const on = this.#registered.flatMap(({ name, hooks }) =>
      options[name] === undefined ? [] : hooks.map((each) => ({ each, own: options[name] })),
    );
    const request = on
      .flatMap(({ each, own }) => requestHook(each, own))
      .toSorted((a, b) => PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase));
    const policies = (place: 'outer' | 'inner') => (upstream: string) =>
      on.flatMap(({ each, own }) =>
        each.policy !== undefined && (each.place ?? 'outer') === place
          ? [each.policy(own, upstream)]
          : [],
      );
    return {
      request: request.map(({ hook }) => hook),
      response: on.flatMap(({ each, own }) =>
        each.onResponse === undefined
          ? []
          : ([(req, head) => each.onResponse?.(req, head, own)] satisfies ResponseHook[]),
      ),
      transforms: on.flatMap(({ each, own }) =>
        each.transform === undefined
          ? []
          : ([(req, head) => each.transform?.(req, head, own)] satisfies BodyTransform[]),
      ),
      outer: policies('outer'),
      inner: policies('inner'),
      answersPreflight: request.some(({ phase }) => phase === 'cors'),
    };
  }

  /**
   * The options that a BFF's route adds to those of its mount.
   *
   * @throws {TypeError} for a plugin that is not there, or options that do not fit its schema
   */
  parseOptions(written: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(written).map(([name, options]) => {
        const plugin = this.#plugins.get(name);
        if (plugin === undefined) throw new TypeError(`config.portico: no plugin "${name}"`);
        if (options === false) {
          throw new TypeError(`config.portico.${name}: only the YAML may take a plugin away`);
        }
        const parsed = plugin.options.safeParse(options);
        if (!parsed.success) {
          throw new TypeError(`config.portico.${name}: ${parsed.error.issues[0]?.message}`);
        }
        return [name, parsed.data];
      }),
    );
  }

  async close(): Promise<void> {
    for (const { hooks } of this.#registered) for (const each of hooks) await each.close?.();
  }
}

function requestHook(
  hooks: PluginHooks<unknown>,
  options: unknown,
): { readonly phase: Phase; readonly hook: RequestHook }[] {
  const phase = typeof hooks.phase === 'function' ? hooks.phase(options) : hooks.phase;
  if (phase === undefined || hooks.onRequest === undefined) return [];
  return [{ phase, hook: (request, reply) => hooks.onRequest?.(request, reply, options) }];
}

/**
 * Registers every plugin on `app`.
 *
 * @throws {ConfigError} naming the plugin that can not start
 */
export async function registerPlugins(
  app: FastifyInstance,
  config: Config,
  modules: GatewayModules,
  world: World,
  generation: object,
): Promise<RegisteredPlugins> {
  const registered: Registered[] = [];
  for (const [name, plugin] of modules.plugins) {
    const settings = config.plugins[name] ?? plugin.settings.parse({});
    const host = pluginHost(app, name, settings, world, generation);
    const hooks = await orFault(name, modules, async () =>
      plugin.register(settings as never, host),
    );
    registered.push({ name, hooks: Array.isArray(hooks) ? hooks : [hooks] });
  }
  for (const { name, plugin, options } of modules.fastifyPlugins) {
    await orFault(name, modules, async () => {
      await app.register(plugin as FastifyPluginAsync<object>, options);
    });
  }
  const needsReplyPath = modules.fastifyPlugins.some(({ fastPath }) => !fastPath);
  return new RegisteredPlugins(registered, modules.plugins, needsReplyPath);
}

function pluginHost(
  app: FastifyInstance,
  name: string,
  settings: unknown,
  world: World,
  generation: object,
): PluginHost {
  return {
    app,
    log: world.log.child({ plugin: name }),
    metrics: {
      counter: (metric, help, labels) => world.metrics.pluginCounter(metric, help, labels),
    },
    keep: (key, make, dispose) =>
      world.kept.keep(generation, `${name} ${key}`, settings, make, dispose),
  };
}

async function orFault<T>(
  name: string,
  modules: GatewayModules,
  start: () => Promise<T>,
): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const message = `the plugin could not start: ${(error as Error).message}`;
    throw new ConfigError([modules.place({ path: ['plugins', name], message })]);
  }
}
