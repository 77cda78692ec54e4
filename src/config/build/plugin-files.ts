/** Files that the settings and options of plugins name: their text replaces the name before anything is parsed. */
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

/**
 * Reads what `pemFiles` of each plugin point at in its settings, and `optionFiles` in its options on routes, relative to
 * the config file they are written in.
 */
export function withPluginFiles(tree: Tree, { plugins }: Modules, files: NamedFiles): WithFiles {
  const findings: Finding[] = [];
  const reader =
    (textOf: (path: Path, written: string) => string): Read =>
    (path, written) => {
      try {
        return textOf(path, written);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        findings.push({ path, message: error.message });
        return written;
      }
    };
  const pem = reader((path, written) => files.pemAt(path, written));
  const text = reader((path, written) => files.textAt(path, written));
  let whole: unknown = tree;
  for (const [name, { pemFiles = [], optionFiles = [] }] of plugins) {
    for (const at of pemFiles)
      whole = replaced(whole, [], ['plugins', name, ...at.split('.')], pem);
    whole = withOptions(whole, name, optionFiles, text);
  }
  // What was a map is one.
  return { tree: whole as Tree, findings };
}

/** `tree` with the names of the files that options name, as `written` has them: what is shown to people. */
export function withFileNames(tree: Tree, written: Tree, { plugins }: Modules): Tree {
  const nameAt: Read = (path, text) => {
    const name = path.reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), written);
    return typeof name === 'string' ? name : text;
  };
  let whole: unknown = tree;
  for (const [name, { optionFiles = [] }] of plugins) {
    whole = withOptions(whole, name, optionFiles, nameAt);
  }
  // What was a map is one.
  return whole as Tree;
}

/** The options of a plugin on all routes, and their defaults. */
function withOptions(
  tree: unknown,
  plugin: string,
  optionFiles: readonly string[],
  read: Read,
): unknown {
  let whole = tree;
  for (const at of optionFiles) {
    const below = [plugin, ...at.split('.')];
    whole = replaced(whole, [], ['routes', '*', ...below], read);
    whole = replaced(whole, [], ['defaults', 'routes', ...below], read);
  }
  return whole;
}

type Read = (path: Path, written: string) => string;

/** `value` with the texts at `steps` replaced; `*` is any key. */
function replaced(
  value: unknown,
  path: Path,
  [step, ...rest]: readonly string[],
  read: Read,
): unknown {
  if (step === undefined) return typeof value === 'string' ? read(path, value) : value;
  if (!isMap(value)) return value;
  const keys = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : [];
  let changed: Record<string, unknown> | undefined;
  for (const key of keys) {
    const now = replaced(value[key], [...path, key], rest, read);
    // Of ten thousand routes, few have such an option.
    if (now !== value[key]) (changed ??= { ...value })[key] = now;
  }
  return changed ?? value;
}
