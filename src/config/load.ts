/**
 * From a file to a config that may serve, or to every reason why it may not.
 *
 * read → parse → environment → import what it names → schema → checks → freeze
 */
import { buildConfig } from './build.ts';
import { checkTree } from './check.ts';
import { checkRouteTable } from './check-routes.ts';
import type { Config } from './config.ts';
import type { Environment } from './environment.ts';
import { ConfigError, type Fault, type Finding, sortFaults } from './fault.ts';
import { findingsOf } from './issues.ts';
import { isMap, type ModuleLoader, type Modules } from './modules.ts';
import { configSchema } from './schema.ts';
import { readSource, type Source } from './source.ts';
import { hint } from './suggest.ts';

export interface LoadOptions<M extends Modules> {
  readonly file: string;
  readonly environment: Environment;
  readonly loadModules: ModuleLoader<M>;
}

export interface Loaded<M extends Modules> {
  readonly config: Config;
  readonly modules: M;
  readonly warnings: readonly Fault[];
}

/**
 * Loads `file`.
 *
 * @throws {ConfigError} with every fault, sorted by place
 */
export async function loadConfig<M extends Modules>(options: LoadOptions<M>): Promise<Loaded<M>> {
  const source = readSource(options.file, options.environment);
  // A file that can not be read as a map has no sections to check.
  if (Object.keys(source.tree).length === 0 && source.faults.length > 0) {
    throw new ConfigError(sortFaults(source.faults));
  }
  const modules = await options.loadModules(source);
  const schema = configSchema(modules.plugins);
  const parsed = schema.safeParse(source.tree);
  const findings = [
    ...modules.findings,
    ...(parsed.success ? [] : findingsOf(schema, source.tree, parsed.error.issues)),
    ...checkTree(source.tree, modules),
  ];
  const faults = [...source.faults, ...placeAll(source, modules, findings)];
  if (!parsed.success || faults.length > 0) throw new ConfigError(sortFaults(faults));

  const config = buildConfig(parsed.data, source.files, [...modules.plugins.keys()]);
  const table = checkRouteTable(config.routes).map((finding) => source.place(finding));
  if (table.some(({ severity }) => severity === 'error')) throw new ConfigError(sortFaults(table));
  return { config, modules, warnings: sortFaults(table) };
}

/** Places findings, and says of an unknown plugin what it is rather than what it lacks. */
function placeAll(source: Source, modules: Modules, findings: readonly Finding[]): Fault[] {
  const known = [...modules.plugins.keys()];
  const written = isMap(source.tree['plugins']) ? source.tree['plugins'] : {};
  const unknown = new Set(
    Object.keys(written).filter((name) => {
      const settings = written[name];
      return !known.includes(name) && !(isMap(settings) && 'module' in settings);
    }),
  );
  const isAboutUnknown = ({ path }: Finding): boolean =>
    path[0] === 'plugins' && unknown.has(String(path[1]));
  const about = [...unknown].map((name) => ({
    path: ['plugins', name],
    at: 'key' as const,
    message: `unknown plugin${hint(name, known)}; one of yours needs its "module"`,
  }));
  return [...findings.filter((finding) => !isAboutUnknown(finding)), ...about].map((finding) =>
    source.place(finding),
  );
}
