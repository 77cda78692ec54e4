/**
 * From a file to a config that may serve, or to every reason why it may not.
 *
 * read → parse → environment → import what it names → schema → checks → freeze
 */
import { Slices } from '../core/slices.ts';
import { withAddedPaths } from './build/added-paths.ts';
import { buildConfig } from './build/build.ts';
import { checkTree } from './check/check.ts';
import { aboutPlugins } from './check/plugins.ts';
import type { Config } from './build/config.ts';
import { PathPatterns } from './build/match.ts';
import type { Environment } from './yaml/environment.ts';
import {
  ConfigError,
  type Fault,
  type Finding,
  formatPath,
  parsePath,
  type Path,
  sortFaults,
} from './fault.ts';
import { findingsOf } from './check/issues.ts';
import type { ModuleLoader, Modules } from './modules.ts';
import { NamedFiles } from './build/named-files.ts';
import { type Origin, originOf } from './build/provenance.ts';
import { withFileNames, withPluginFiles } from './build/plugin-files.ts';
import { type Parsed, parseConfig } from './schema/parse.ts';
import { type ConfigSchema, configSchema } from './schema/schema.ts';
import { readSource, type Snapshot, type Source } from './yaml/source.ts';
import type { Tree } from './yaml/tree.ts';
import { withWantedTexts } from './yaml/wanted-text.ts';

export interface LoadOptions<M extends Modules> {
  readonly file: string;
  readonly environment: Environment;
  readonly loadModules: ModuleLoader<M>;
  /** Reads what it holds and not the disk: an earlier config. Files that it names, such as certificates, are read as they are now. */
  readonly snapshot?: Snapshot | undefined;
  /** Told what was read, be it valid or not. */
  readonly onRead?: (source: Source) => void;
}

export interface Loaded<M extends Modules> {
  readonly config: Config;
  readonly modules: M;
  readonly warnings: readonly Fault[];
  readonly snapshot: Snapshot;
  /** Where a value comes from, such as that of `routes.orders.timeout`; `undefined` where there is none. */
  readonly originOf: (path: string | Path) => Origin | undefined;
}

/**
 * Loads `file`.
 *
 * @throws {ConfigError} with every fault, sorted by place
 */
export async function loadConfig<M extends Modules>(options: LoadOptions<M>): Promise<Loaded<M>> {
  const source = await readSource(options.file, options.environment, options.snapshot);
  options.onRead?.(source);
  // A file that cannot be read as a map has no sections to check.
  if (Object.keys(source.tree).length === 0 && source.faults.length > 0) {
    throw new ConfigError(sortFaults(source.faults));
  }
  const slices = new Slices();
  await slices.next();
  const modules = await options.loadModules(source);
  await slices.next();
  const namedFiles = new NamedFiles((path) => source.folderOf(path));
  const read = withPluginFiles(source.tree, modules, namedFiles);
  const written = withAddedPaths(read.tree, modules.actions);
  const { findings: unread } = read;
  const schema = configSchema(modules);
  await slices.next();
  const { tree, parsed } = await parseTexts(schema, written, source, slices);
  const typed = { routes: parsed.routes, patterns: new PathPatterns() };
  await slices.next();
  const findings = [
    ...modules.findings,
    ...unlessUnread(findingsOf(schema, tree, parsed.issues), unread),
    ...unread,
    // In a file that could not be read may stand what others refer to.
    ...(source.complete
      ? unlessUnread(await checkTree(tree, modules, namedFiles, typed), unread)
      : []),
  ];
  const faults = sortFaults(
    once([
      ...source.faults,
      ...aboutPlugins(findings, tree, modules)
        .filter(({ path }) => !source.isUnread(path))
        .map((finding) => source.place(finding)),
    ]),
  );
  const isFaulty = faults.some(({ severity }) => severity === 'error');
  if (!isFaulty && 'thrown' in parsed) throw parsed.thrown;
  if (isFaulty || parsed.data === undefined) throw new ConfigError(faults);
  const built = {
    files: source.files,
    namedFiles,
    pluginNames: [...modules.plugins.keys()],
    actions: modules.actions,
    patterns: typed.patterns,
  };
  await slices.next();
  const config = await buildConfig(parsed.data, built, slices);
  await slices.next();
  const shown = withFileNames(tree, source.tree, modules);
  const subject = { source, tree: shown, schema, plugins: modules.plugins };
  return {
    config,
    modules,
    warnings: faults,
    snapshot: source.snapshot,
    originOf: (path) => originOf(subject, typeof path === 'string' ? parsePath(path) : path),
  };
}

/** Parses `tree`, with text from outside where that is what the schema wants. */
async function parseTexts(
  schema: ConfigSchema,
  tree: Tree,
  source: Source,
  slices: Slices,
): Promise<{ readonly tree: Tree; readonly parsed: Parsed }> {
  const parsed = await parseConfig(schema, tree, slices);
  const told = withWantedTexts(tree, parsed.issues, (path) => source.asText(path));
  return told === undefined
    ? { tree, parsed }
    : { tree: told, parsed: await parseConfig(schema, told, slices) };
}

/** `findings` without those about a name whose file could not be read, as if the name were its text. */
function unlessUnread(findings: readonly Finding[], unread: readonly Finding[]): Finding[] {
  const paths = new Set(unread.map(({ path }) => formatPath(path)));
  return findings.filter(({ path }) => !paths.has(formatPath(path)));
}

/** What an alias brings to several places is written, and wrong, in one. */
function once(faults: readonly Fault[]): Fault[] {
  const byPlace = Map.groupBy(faults, ({ file, line, column, path, message }) => {
    const key = path.slice(path.lastIndexOf('.') + 1);
    return `${file}:${line}:${column} ${key} ${message}`;
  });
  return [...byPlace.values()].map(([first]) => first!);
}
