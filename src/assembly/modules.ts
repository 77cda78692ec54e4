/**
 * Imports the plugins and BFFs that a config names. The built-in plugins are listed here; nothing is
 * discovered.
 */
import apiKey from '../../plugins/api-key/index.ts';
import auth from '../../plugins/auth.ts';
import authorize from '../../plugins/authorize.ts';
import body from '../../plugins/body/index.ts';
import compress from '../../plugins/compress/index.ts';
import cors from '../../plugins/cors/index.ts';
import csrf from '../../plugins/csrf.ts';
import etag from '../../plugins/etag/index.ts';
import fault from '../../plugins/fault.ts';
import forwardAuth from '../../plugins/forward-auth/index.ts';
import grpcWeb from '../../plugins/grpc-web/index.ts';
import headers from '../../plugins/headers.ts';
import idempotency from '../../plugins/idempotency/index.ts';
import ip from '../../plugins/ip.ts';
import jwt from '../../plugins/jwt/index.ts';
import mtls from '../../plugins/mtls.ts';
import operations from '../../plugins/operations/index.ts';
import quota from '../../plugins/quota/index.ts';
import rateLimit from '../../plugins/rate-limit/index.ts';
import securityHeaders from '../../plugins/security-headers.ts';
import validate from '../../plugins/validate/index.ts';
import version from '../../plugins/version/index.ts';
import type { AnyAction } from '../actions/action.ts';
import { ACTIONS } from '../actions/index.ts';
import { missingPackages } from './store-packages.ts';
import { importDefault, type Imported, type Importing, ONCE } from './import-module.ts';
import { type Bff, isBff } from '../authoring/bff.ts';
import { isPlugin, type Plugin } from '../authoring/plugin.ts';
import type { Fault, Finding, Path } from '../config/fault.ts';
import { isMap, type ModuleLoader, type Modules } from '../config/modules.ts';
import type { Source } from '../config/yaml/source.ts';
import { z } from 'zod';

/** The plugins that every config may use. */
export const BUILT_IN: readonly Plugin[] = [
  cors,
  ip,
  csrf,
  mtls,
  jwt,
  apiKey,
  forwardAuth,
  auth,
  authorize,
  version,
  rateLimit,
  quota,
  validate,
  operations,
  idempotency,
  grpcWeb,
  headers,
  securityHeaders,
  fault,
  // Answers pass in reverse: their bodies are edited, then tagged, then compressed, and yours come before all.
  compress,
  etag,
  body,
];

/** An ordinary Fastify plugin, which applies to every route. */
export interface FastifyModule {
  readonly name: string;
  readonly plugin: unknown;
  readonly options: Readonly<Record<string, unknown>>;
  /** It does not need `onSend`. */
  readonly fastPath: boolean;
}

export interface GatewayModules extends Modules {
  readonly actions: readonly AnyAction[];
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly bffs: ReadonlyMap<string, Bff>;
  readonly fastifyPlugins: readonly FastifyModule[];
  /** Adds the place in the config to a fault found while starting. */
  place(finding: Finding): Fault;
}

/** What a config uses without naming its module: tests have it at hand. */
export interface GivenModules {
  readonly plugins: readonly Plugin[];
  /** By the name of the route that mounts it. */
  readonly bffs: ReadonlyMap<string, Bff>;
}

const NOTHING_GIVEN: GivenModules = { plugins: [], bffs: new Map() };

/**
 * Imports every module that its source names, except the `given` ones; each failure is a fault at its line.
 *
 * @throws {TypeError} for a given plugin with the name of a built-in one
 */
export const moduleLoader =
  (importing: Importing, given = NOTHING_GIVEN): ModuleLoader<GatewayModules> =>
  async (source) => {
    const plugins = new Map(BUILT_IN.map((plugin) => [plugin.name, plugin]));
    for (const plugin of given.plugins) {
      if (isBuiltIn(plugin.name)) throw new TypeError(`the plugin "${plugin.name}" is built in`);
      plugins.set(plugin.name, plugin);
    }
    const loaded = {
      actions: ACTIONS,
      plugins,
      bffs: new Map(given.bffs),
      fastifyPlugins: [] as FastifyModule[],
    };
    const findings: Finding[] = missingPackages(source.tree);
    await importPlugins(source, importing, loaded, findings);
    await importBffs(source, importing, loaded.bffs, findings);
    return { ...loaded, findings, place: (finding) => source.place(finding) };
  };

export const loadModules = moduleLoader(ONCE);

const isBuiltIn = (name: string): boolean => BUILT_IN.some((plugin) => plugin.name === name);

interface Loaded {
  readonly plugins: Map<string, Plugin>;
  readonly fastifyPlugins: FastifyModule[];
}

async function importPlugins(
  source: Source,
  importing: Importing,
  loaded: Loaded,
  findings: Finding[],
): Promise<void> {
  const section = source.tree['plugins'];
  if (!isMap(section)) return;
  for (const [name, settings] of Object.entries(section)) {
    if (!isMap(settings) || typeof settings['module'] !== 'string') continue;
    const path = ['plugins', name, 'module'];
    const imported = await importDefault(settings['module'], source.folderOf(path), importing);
    if ('fault' in imported) findings.push(failed(path, imported));
    else {
      if (imported.isStale) findings.push(stale(path));
      addPlugin(name, settings, imported.value, loaded, findings);
    }
  }
}

function addPlugin(
  name: string,
  settings: Readonly<Record<string, unknown>>,
  value: unknown,
  loaded: Loaded,
  findings: Finding[],
): void {
  const path = ['plugins', name, 'module'];
  if (isBuiltIn(name)) {
    findings.push({ path, message: `"${name}" is built in and takes no module` });
  } else if (isPlugin(value)) {
    if (value.name !== name) {
      findings.push({ path, message: `its plugin is called "${value.name}": use that as the key` });
    }
    const settingsSchema = value.settings.extend({ module: z.string() });
    loaded.plugins.set(name, { ...value, settings: settingsSchema });
  } else if (typeof value === 'function') {
    const { module: _module, fastPath, ...options } = settings;
    loaded.fastifyPlugins.push({ name, plugin: value, options, fastPath: fastPath === true });
  } else if (isBff(value)) {
    const message = 'its default export is a BFF: mount it with the key "bff" of a route';
    findings.push({ path, message });
  } else {
    findings.push({
      path,
      message: wrongExport(value, 'definePlugin(…) returns, or a Fastify plugin'),
    });
  }
}

async function importBffs(
  source: Source,
  importing: Importing,
  bffs: Map<string, Bff>,
  findings: Finding[],
): Promise<void> {
  const routes = source.tree['routes'];
  if (!isMap(routes)) return;
  for (const [name, route] of Object.entries(routes)) {
    if (bffs.has(name) || !isMap(route) || typeof route['bff'] !== 'string') continue;
    const path = ['routes', name, 'bff'];
    const imported = await importDefault(route['bff'], source.folderOf(path), importing);
    if (!('fault' in imported) && imported.isStale) findings.push(stale(path));
    if ('fault' in imported) findings.push(failed(path, imported));
    else if (isBff(imported.value)) bffs.set(name, imported.value);
    else if (isPlugin(imported.value)) {
      const message = 'its default export is a plugin: register its module under "plugins"';
      findings.push({ path, message });
    } else findings.push({ path, message: wrongExport(imported.value, 'defineBff(…) returns') });
  }
}

const failed = (
  path: Path,
  { fault: message, thrownAt }: Extract<Imported, { readonly fault: string }>,
): Finding => ({ path, message, thrownAt });

const stale = (path: Path): Finding => ({
  path,
  severity: 'warning',
  message: 'the file has changed since it was loaded: restart the gateway to use it',
});

const wrongExport = (value: unknown, wanted: string): string =>
  value === undefined
    ? `it has no default export: that is what ${wanted}`
    : `its default export is not what ${wanted}`;
