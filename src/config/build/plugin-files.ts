/** Files that the settings of plugins name: their text replaces the name before anything is parsed. */
import type { Finding, Path } from '../fault.ts';
import type { Modules } from '../modules.ts';
import type { NamedFiles } from './named-files.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

export interface WithFiles {
  /** The tree with texts instead of names; what was written stays as it is. */
  readonly tree: Tree;
  /** Files that cannot be read. */
  readonly findings: readonly Finding[];
}

/** Reads what each plugin's `pemFiles` point at, relative to the config file they are written in. */
export function withPluginFiles(tree: Tree, { plugins }: Modules, files: NamedFiles): WithFiles {
  const { plugins: section } = tree;
  if (!isMap(section)) return { tree, findings: [] };
  const findings: Finding[] = [];
  const read = (path: Path, written: string): string => {
    try {
      return files.pemAt(path, written);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      findings.push({ path, message: error.message });
      return written;
    }
  };
  let whole: unknown = section;
  for (const [name, { pemFiles = [] }] of plugins) {
    for (const at of pemFiles) {
      whole = replaced(whole, ['plugins'], [name, ...at.split('.')], read);
    }
  }
  return { tree: { ...tree, plugins: whole }, findings };
}

/** `value` with the texts at `steps` replaced; `*` is any key. */
function replaced(
  value: unknown,
  path: Path,
  [step, ...rest]: readonly string[],
  read: (path: Path, written: string) => string,
): unknown {
  if (step === undefined) return typeof value === 'string' ? read(path, value) : value;
  if (!isMap(value)) return value;
  const keys = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : [];
  const members = keys.map((key) => [key, replaced(value[key], [...path, key], rest, read)]);
  return { ...value, ...(Object.fromEntries(members) as Tree) };
}
