/**
 * A generation: everything built from one version of the config. This is the table of contents.
 *
 * It never listens. The server hands it requests, and swaps it for the next one when the config
 * changes; what must survive that lives in the World.
 */
import { type AnyAction, madeBy } from './actions/action.ts';
import type { AdminRoutes } from './assembly/admin-routes.ts';
import { admission, type RequestHandler } from './assembly/admission.ts';
import { type Explain, ExplainEntry, explaining } from './assembly/explaining.ts';
import { createApp } from './assembly/fastify-app.ts';
import { actionHooks } from './assembly/mount.ts';
import { mountBff, type MountedBff } from './assembly/mount-bff.ts';
import { MountedActions } from './assembly/mounted-actions.ts';
import { operationsOf } from './assembly/operations-of.ts';
import { ownedFields } from './assembly/owned-fields.ts';
import type { PluginReport } from './observe/plugin-report.ts';
import { registerPlugins } from './assembly/registered-plugins.ts';
import { type Documenter, documenter, publishDocuments } from './assembly/published-documents.ts';
import { requestObserver } from './assembly/request-observer.ts';
import { operationsForPlugins } from './assembly/route-operations.ts';
import { type BuiltRoute, buildRoute } from './assembly/routes.ts';
import { splitWorld } from './assembly/split-world.ts';
import { StartFaults } from './assembly/start-faults.ts';
import type { World } from './assembly/world.ts';
import type { ActionConfig } from './config/actions.ts';
import type { Config, RouteConfig } from './config/build/config.ts';
import type { HttpsRedirect } from './edge/https-redirect.ts';
import type { Finding } from './config/fault.ts';
import type { Loaded } from './config/load.ts';
import { Slices } from './core/slices.ts';
import { within } from './core/within.ts';
import type { GatewayModules } from './assembly/modules.ts';
import { PublishedDocuments } from './openapi/published.ts';
import { Matcher } from './routes/matcher.ts';
import { Splits } from './routes/splits.ts';
import type { Tracing } from './observe/tracing/tracing.ts';
import type { UpstreamLeases } from './upstream/lease.ts';

export interface Generation {
  /** 1 for the first. */
  readonly number: number;
  readonly config: Config;
  readonly upstreams: UpstreamLeases;
  /** Of all plugins that its config may use. */
  readonly pluginNames: ReadonlySet<string>;
  /** Requests under way. */
  readonly inflight: () => number;
  /** Resolves once none is, and all streams that they became have ended. */
  readonly whenIdle: () => Promise<void>;
  readonly handle: RequestHandler;
  /** What a listener that sends clients to https does. */
  readonly redirect: (to: HttpsRedirect) => RequestHandler;
  /** Tells what `handle` would do with a request, and does none of it. */
  readonly explain: Explain;
  /** Clients may turn connections into WebSockets. */
  readonly opensSockets: boolean;
  /** How many matches all routes have together. */
  readonly matches: number;
  /** Names of the ordinary Fastify plugins, whose hooks run on every route. */
  readonly ordinaryPlugins: readonly string[];
  /** The keys of a route that its action may have. */
  readonly actionKeys: (action: ActionConfig) => readonly string[];
  /** What a route does, in one line. */
  readonly describeAction: (action: ActionConfig) => string;
  /** The upstreams that a route may call, its mirrors' among them. */
  readonly upstreamsOf: (route: RouteConfig) => readonly string[];
  /** What plugins take from operators. */
  readonly adminRoutes: AdminRoutes;
  /** What plugins say of what they depend on. */
  readonly pluginReports: () => readonly PluginReport[];
  readonly splits: Splits;
  /** The OpenAPI document of a route that publishes one, or of one route, or of all. */
  readonly documented: Documenter;
  /** From now on it serves: the state of its upstreams becomes what its config says. */
  takeOver(): void;
  /** Gives back what it holds; call it when nothing is under way. */
  close(): Promise<void>;
}

/**
 * Builds a generation, completely, before it serves anything.
 *
 * @throws {ConfigError} with every plugin and BFF that cannot start; everything that was made is given back
 */
export async function buildGeneration(
  number: number,
  { config, modules }: Loaded<GatewayModules>,
  shared: World,
): Promise<Generation> {
  const identity = {};
  const world = { ...shared, tracing: await tracingOf(config, shared, identity) };
  const app = createApp(config.server, world);
  const upstreams = world.upstreams.acquireAll(Object.values(config.upstreams));
  const release = async (): Promise<void> => {
    await app.close();
    await world.kept.release(identity);
    await Promise.all([...upstreams.values()].map((lease) => world.upstreams.release(lease)));
  };
  const faults = new StartFaults(modules, world.clock);
  const slices = new Slices();
  try {
    await foundOrLate(upstreams, world);
    const owned = await ownedFields(config, modules, faults);
    await slices.next();
    const entry = new ExplainEntry(app);
    await entry.register();
    const operations = await operationsOf(config, {
      world,
      generation: identity,
      upstreams,
      faults,
    });
    const plugins = await registerPlugins(app, config, modules, {
      world,
      generation: identity,
      upstreams,
      owned,
      faults,
      records: operations?.records,
    });
    // Routes need the hooks of all plugins.
    faults.throwAny();
    await slices.next();
    const routes: BuiltRoute[] = [];
    for (const each of config.routes) {
      const route = await faults.attempt(unserved(each.name), () =>
        buildRoute(each, plugins, upstreams, world),
      );
      if (route !== undefined) routes.push(route);
      await slices.pause();
    }
    const context = {
      clock: world.clock,
      idleMs: config.server.limits.idleMs,
      minRate: config.server.limits.minRate,
      readerIdleMs: config.server.limits.readerIdleMs,
      urlBytes: config.server.limits.urlBytes,
      wallClock: world.wallClock,
      random: world.random,
      streams: world.streams,
      consumerStreams: world.consumerStreams,
      splits: new Splits(splitWorld(world, identity)),
      documents: new PublishedDocuments(),
      mirrors: world.mirrors,
      operations: operations?.context,
      onFallback: (route: string, reason: string) => world.metrics.countFallback(route, reason),
      onMirror: (route: string, upstream: string, outcome: string) =>
        world.metrics.mirrors.sent(route, upstream, outcome),
      onCompared: (route: string, upstream: string, result: string) =>
        world.metrics.mirrors.compared(route, upstream, result),
      onBothAnswered: (route: string, upstream: string, primaryMs: number, mirrorMs: number) =>
        world.metrics.mirrors.took(route, upstream, primaryMs, mirrorMs),
    };
    const actions = new MountedActions(app);
    const bffs = new Map<string, MountedBff>();
    for (const route of routes) {
      const { name, action } = route.config;
      const bff = modules.bffs.get(name);
      if (bff === undefined) {
        const made = madeBy(modules.actions, action);
        await faults.attempt(unserved(name), () =>
          actions.add(name, actionHooks(route, made, context)),
        );
      } else {
        const unstarted = { path: ['routes', name, 'bff'], message: 'the BFF could not start' };
        const mounted = await faults.attempt(unstarted, () => mountBff(app, bff, route, context));
        if (mounted !== undefined) bffs.set(name, mounted);
      }
      await slices.pause();
    }
    await slices.next();
    await faults.attempt(UNREADY, async () => {
      await app.ready();
    });
    faults.throwAny();
    const endpoints = new Map([...bffs].map(([name, { written }]) => [name, written]));
    const told = operationsForPlugins(config, { actions: modules.actions, endpoints });
    const byName = new Map(config.routes.map((route) => [route.name, route]));
    // The hooks are on routes of the config.
    await plugins.prepare({ faults, slices, operationsOf: (name) => told(byName.get(name)!) });
    faults.throwAny();

    await slices.next();
    const observer = requestObserver(config, world, number);
    const matcher = new Matcher(config.routes);
    const described = {
      config,
      actions: modules.actions,
      plugins: modules.plugins,
      endpoints,
      matcher,
    };
    await publishDocuments(described, context.documents, world.log, slices);
    const bringChanges = await world.routeChanges.prepare(config.routes);
    const rules = {
      server: config.server,
      owned,
      preflighted: new Set(
        routes.filter((route) => route.answersPreflight).map((route) => route.config.name),
      ),
      mounted: new Set(modules.bffs.keys()),
      world,
    };
    const handle = admission({ ...rules, app, matcher, onClose: observer.onClose });
    return {
      number,
      config,
      upstreams,
      pluginNames: new Set(modules.plugins.keys()),
      inflight: observer.inflight,
      whenIdle: async () => {
        await Promise.all([observer.whenIdle(), operations?.whenIdle()]);
      },
      handle: observer.counting(handle),
      redirect: (redirectHttps) =>
        observer.counting(
          admission({ ...rules, app, matcher, redirectHttps, onClose: observer.onClose }),
        ),
      explain: explaining({
        entry,
        admission: rules,
        matcher,
        context,
        routes: new Map(routes.map((route) => [route.config.name, route])),
        bffs,
        actions: modules.actions,
        upstreams,
      }),
      opensSockets: config.routes.some(({ action }) => action.opensSockets === true),
      matches: matcher.size,
      ordinaryPlugins: modules.fastifyPlugins.map(({ name }) => name),
      actionKeys: actionKeysOf(modules.actions),
      describeAction: describerOf(modules.actions),
      upstreamsOf: upstreamsOf(modules),
      adminRoutes: plugins.adminRoutes,
      pluginReports: () => plugins.reports(),
      splits: context.splits,
      documented: documenter(described),
      takeOver: () => {
        world.metrics.splits.tell(context.splits);
        bringChanges({ generation: number, at: world.wallClock() });
        world.recent.resize(config.admin?.requests ?? 0);
        for (const lease of upstreams.values()) lease.apply();
        operations?.serve();
      },
      close: async () => {
        await plugins.close();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** That of the generation before, if its settings are the same. */
function tracingOf(
  { tracing }: Config,
  { kept, openTracing, checking }: World,
  identity: object,
): Promise<Tracing | undefined> | undefined {
  if (tracing === undefined || openTracing === undefined || checking) return undefined;
  const opened = kept.keep(
    identity,
    'telemetry.tracing',
    tracing,
    () => openTracing(tracing),
    async (each) => (await each.catch(() => undefined))?.close(),
  );
  return opened.catch(async (error: unknown) => {
    await kept.release(identity);
    throw error;
  });
}

/** A closure of its own: made among the others, it would keep `modules`, and the parsed files with them. */
function describerOf(actions: readonly AnyAction[]): Generation['describeAction'] {
  return (action) => madeBy(actions, action).describe(action);
}

/** Another closure of its own. */
function upstreamsOf({ actions, bffs }: GatewayModules): Generation['upstreamsOf'] {
  const ofBffs = new Map([...bffs].map(([route, bff]) => [route, bff.upstreams]));
  return ofRoute(actions, ofBffs);
}

const ofRoute =
  (
    actions: readonly AnyAction[],
    ofBffs: ReadonlyMap<string, readonly string[]>,
  ): Generation['upstreamsOf'] =>
  ({ name, action }) =>
    ofBffs.get(name) ?? madeBy(actions, action).upstreams(action);

function actionKeysOf(actions: readonly AnyAction[]): Generation['actionKeys'] {
  return (action) => {
    const { key, beside } = madeBy(actions, action);
    return ['match', key, ...Object.keys(beside)];
  };
}

/** So long targets may be looked up before the first request is served without them. */
const DISCOVERY_MS = 3_000;

/** Waits for targets that are looked up, for a while: who asks before gets GW_NO_TARGET. */
async function foundOrLate(upstreams: UpstreamLeases, { clock }: World): Promise<void> {
  const found = Promise.all([...upstreams.values()].map((each) => each.found()));
  await within<unknown>(found, { ms: DISCOVERY_MS, clock, late: () => undefined });
}

/** Fastify starts what was registered last of all, and says in its message what could not. */
const UNREADY: Finding = { path: [], message: 'a plugin or BFF could not start' };

/** What plugins make of a route may be what cannot be served. */
const unserved = (route: string): Finding => ({
  path: ['routes', route],
  at: 'key',
  message: 'cannot be served',
});
