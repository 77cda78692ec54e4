/** One of the two configs that are compared, and where its values are written. */
import type { GatewayModules } from '../assembly/modules.ts';
import type { Path } from '../config/fault.ts';
import { type KnownNames, knownNames } from '../config/modules.ts';
import type { Loaded } from '../config/load.ts';
import { readWritten } from '../config/yaml/source.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';

export interface Place {
  readonly file: string;
  readonly line: number;
}

export class Side {
  readonly config: Loaded<GatewayModules>['config'];
  readonly modules: GatewayModules;
  readonly known: KnownNames;
  /** As the files have it; placeholders stand for themselves. */
  readonly written: Tree;

  private constructor({ config, modules }: Loaded<GatewayModules>, written: Tree) {
    this.config = config;
    this.modules = modules;
    this.known = knownNames(modules, Object.entries(config.upstreams));
    this.written = written;
  }

  static async of(loaded: Loaded<GatewayModules>): Promise<Side> {
    const { tree } = await readWritten(loaded.snapshot.texts);
    return new Side(loaded, tree);
  }

  /** Settings of a plugin, with what its schema adds. */
  settingsOf(plugin: string): unknown {
    return this.config.plugins[plugin] ?? this.modules.plugins.get(plugin)?.settings.parse({});
  }

  /** The value at `path` as it is written, defaults apart. */
  writtenAt(path: Path): unknown {
    return at(this.written, path);
  }

  /** The line of `path`, or else of the nearest that is written above it. */
  placeOf(path: Path): Place {
    const { file, line } = this.modules.place({
      path: this.#written(path),
      message: '',
      ...(path.length === 2 && { at: 'key' as const }),
    });
    return { file, line };
  }

  /** `message` about the value at `path`, without what came from the environment or a file. */
  hide(path: Path, message: string): string {
    return this.modules.place({ path: this.#written(path), message }).message;
  }

  /** A plugin that the route itself does not name comes from the defaults. */
  #written(path: Path): Path {
    const [section, name, key, ...below] = path;
    if (section !== 'routes' || name === undefined || key === undefined) return path;
    const isOwn = at(this.written, [section, name, key]) !== undefined;
    const isDefault = !isOwn && at(this.written, ['defaults', 'routes', key]) !== undefined;
    return isDefault ? ['defaults', 'routes', key, ...below] : path;
  }
}

const at = (tree: Tree, path: Path): unknown =>
  path.reduce<unknown>(
    (value, part) => (isMap(value) && Object.hasOwn(value, part) ? value[part] : undefined),
    tree,
  );
