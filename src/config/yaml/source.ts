/**
 * The config as it is in its files: one tree of plain values, and the way from any path in
 * it back to the file, line and column.
 */
import { globSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Environment } from './environment.ts';
import type { Fault, Finding, Path } from '../fault.ts';
import { isMap, type Tree } from './tree.ts';
import { type ReadText, readYamlFile, textOnDisk, type Written, type YamlFile } from './file.ts';
import { TextParser } from './text-parser.ts';

/** Sections whose members may be spread over included files. */
const MERGED = new Set(['upstreams', 'routes', 'sagas', 'plugins']);

export interface Source {
  readonly tree: Tree;
  readonly faults: readonly Fault[];
  /** Every file was read: what is not in the tree is not in the config. */
  readonly complete: boolean;
  /** Every file that was read, for watching. */
  readonly files: readonly string[];
  /** Absolute paths of files whose content is a value (`${file:…}`), for watching. */
  readonly secretFiles: readonly string[];
  /** What was read, to read the same again. */
  readonly snapshot: Snapshot;
  /** Gives a finding its place, and hides values from the environment. */
  place(finding: Finding): Fault;
  /** The value at `path` could not be read: that is a fault already. */
  isUnread(path: Path): boolean;
  /** Turns a value from outside back into the text that it was; `undefined` if there is none. */
  asText(path: Path): string | undefined;
  /** The folder of the file in which `path` is written; relative names start there. */
  folderOf(path: Path): string;
  /** Where the value at `path` is written; `undefined` where it is not. */
  writtenAt(path: Path): Written | undefined;
}

/** The texts of a config, by absolute path, and which of them each pattern of `include` stands for. */
export interface Snapshot {
  readonly texts: ReadonlyMap<string, string>;
  readonly included: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads `file` and what it includes: from the disk, or as `snapshot` has it. Never throws: what is wrong is in
 * `faults`.
 */
export async function readSource(
  file: string,
  environment: Environment,
  snapshot?: Snapshot,
): Promise<Source> {
  const parser = new TextParser(environment);
  try {
    return await read(file, parser, snapshot === undefined ? DISK : kept(snapshot));
  } finally {
    await parser.end();
  }
}

/** Where a config is read. */
interface Place {
  readonly readText: ReadText;
  /** Absolute paths. */
  readonly matching: (pattern: string, folder: string) => readonly string[];
}

/** Absolute paths of the files below `folder` that `pattern` includes, in their order. */
export const filesMatching = (pattern: string, folder: string): readonly string[] =>
  globSync(pattern, { cwd: folder })
    .toSorted()
    .map((name) => resolve(folder, name));

const DISK: Place = { readText: textOnDisk, matching: filesMatching };

const kept = ({ texts, included }: Snapshot): Place => ({
  readText: (path) => texts.get(path) ?? { unread: 'there is no such file' },
  matching: (pattern) => included.get(pattern) ?? [],
});

async function read(file: string, parser: TextParser, place: Place): Promise<Source> {
  const root = await readYamlFile(resolve(file), parser, place.readText);
  const files = [root];
  const faults: Fault[] = [];
  const tree = root.tree ?? {};
  const included = includes(root, place, faults);
  for (const path of new Set([...included.values()].flat())) {
    if (path === root.path) continue;
    const another = await readYamlFile(path, parser, place.readText);
    files.push(another);
    faults.push(...mergeInto(tree, another, files));
  }
  return {
    tree,
    faults: [...files.flatMap((each) => each.faults), ...faults],
    complete: files.every((each) => each.tree !== undefined),
    files: files.map(({ path }) => path),
    secretFiles: files.flatMap((each) => each.secretFiles),
    snapshot: {
      texts: new Map(files.flatMap(({ path, text }) => (text === undefined ? [] : [[path, text]]))),
      included,
    },
    place: (finding) => fileOf(files, finding.path).place(finding),
    isUnread: (path) => fileOf(files, path).isUnread(path),
    asText: (path) => fileOf(files, path).asText(path),
    folderOf: (path) => dirname(fileOf(files, path).path),
    writtenAt: (path) => fileOf(files, path).writtenAt(path),
  };
}

/** The files that each pattern of `root` includes, in the order it says. */
function includes(root: YamlFile, place: Place, faults: Fault[]): Map<string, readonly string[]> {
  const patterns = root.tree?.['include'];
  const found = new Map<string, readonly string[]>();
  if (!Array.isArray(patterns)) return found;
  for (const [i, pattern] of patterns.entries()) {
    const path = ['include', i];
    if (typeof pattern !== 'string' || root.isUnread(path)) continue;
    const files = place.matching(pattern, dirname(root.path));
    found.set(pattern, files);
    if (files.length > 0) continue;
    faults.push(root.place({ path, message: `no file matches "${pattern}"` }));
  }
  return found;
}

/** A config as it is written: placeholders stand for themselves. */
export interface WrittenConfig extends Pick<Source, 'writtenAt'> {
  readonly tree: Tree;
}

/** Reads `texts`, the files of a config or some of them, by absolute path. They have been read without faults before. */
export async function readWritten(texts: ReadonlyMap<string, string>): Promise<WrittenConfig> {
  const parser = new TextParser('as written');
  const files: YamlFile[] = [];
  const tree: Tree = {};
  try {
    for (const [path, text] of texts) {
      const file = await readYamlFile(path, parser, () => text);
      files.push(file);
      mergeInto(tree, file, files);
      if (file.tree?.['include'] !== undefined) tree['include'] = file.tree['include'];
    }
  } finally {
    await parser.end();
  }
  return { tree, writtenAt: (path) => fileOf(files, path).writtenAt(path) };
}

/** Adds what `file`, the last one read, says. @returns what it says again */
function mergeInto(into: Tree, file: YamlFile, files: readonly YamlFile[]): Fault[] {
  const faults: Fault[] = [];
  const add = (section: Tree, path: Path, value: unknown): void => {
    const name = String(path.at(-1));
    if (!Object.hasOwn(section, name)) section[name] = value;
    else faults.push(twice(path, file, files));
  };
  for (const [key, value] of Object.entries(file.tree ?? {})) {
    if (key === 'include') {
      const message = 'is in an included file: only the first file may include others';
      faults.push(file.place({ path: [key], at: 'key', message }));
    } else if (MERGED.has(key) && isMap(value) && isMap(into[key] ?? {})) {
      const section = (into[key] ??= {}) as Tree;
      for (const [name, member] of Object.entries(value)) add(section, [key, name], member);
    } else if (key !== 'version' || into[key] !== value) add(into, [key], value);
  }
  return faults;
}

function twice(path: Path, file: YamlFile, files: readonly YamlFile[]): Fault {
  const earlier = fileOf(files.slice(0, -1), path);
  const first = earlier.place({ path, message: '', at: 'key' });
  const where = `${first.file}:${first.line}:${first.column}`;
  return file.place({ path, at: 'key', message: `defined twice: first at ${where}` });
}

/** The file that holds most of `path`; the first one if no other holds more. */
function fileOf(files: readonly YamlFile[], path: Path): YamlFile {
  return files.reduce((best, file) => (file.depthOf(path) > best.depthOf(path) ? file : best));
}
