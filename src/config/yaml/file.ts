/** One YAML file of the config: its values, and the place of each. */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { LineCounter } from 'yaml';
import { inSlices } from '../../core/slices.ts';
import type { Fault, Finding, Path } from '../fault.ts';
import { filesIn } from './environment.ts';
import { hideOutside } from './hide.ts';
import { UNQUOTED } from '../check/issue-words.ts';
import { KIND, type Outline, type Plain } from './outline.ts';
import { findNode, resolved, scalarsOf } from './outline-path.ts';
import { treeOf } from './outline-tree.ts';
import { faultAt, type FileText, placeAt } from './place.ts';
import { isMap, type Tree } from './tree.ts';
import { shown } from '../schema/types.ts';
import type { TextParser } from './text-parser.ts';

/** Where a value is written. */
export interface Written {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Some of it came from the environment or a file. */
  readonly isOutside: boolean;
}

export interface YamlFile {
  readonly path: string;
  /** As it was read; `undefined` where it could not be. */
  readonly text: string | undefined;
  /** `undefined`: it could not be read as a map. */
  readonly tree: Tree | undefined;
  readonly faults: readonly Fault[];
  /** Absolute paths of the files whose content stands for a placeholder (`${file:…}`). */
  readonly secretFiles: readonly string[];
  /** How many parts of `path` are written here. */
  depthOf(path: Path): number;
  /** Gives a finding its line and column, and hides what came from outside. */
  place(finding: Finding): Fault;
  /** The value at `path` could not be read: that is a fault already. */
  isUnread(path: Path): boolean;
  /**
   * Takes the value at `path`, which came from outside and was taken for a number or truth value, for the
   * text that it was; `undefined` where it is none of these.
   */
  asText(path: Path): string | undefined;
  /** Where the value at `path` is written; `undefined` where it is not. */
  writtenAt(path: Path): Written | undefined;
}

/** Reads the file at `path` by `readText`. Never throws: what is wrong is in `faults`. */
export async function readYamlFile(
  path: string,
  parser: TextParser,
  readText: ReadText,
): Promise<YamlFile> {
  const local = relative(process.cwd(), path);
  const name = local.startsWith('..') ? path : local;
  const text = readText(path);
  if (typeof text !== 'string') return new ParsedFile({ path, name }, [text.unread]);
  const file = { path, name, text };
  const { outline, faults } = await parser.parse({ name, text });
  if (outline === undefined) return new ParsedFile(file, faults);
  const value = await inSlices(treeOf(outline));
  if (isMap(value)) return new ParsedFile(file, faults, outline, value);
  const expected = `expected a map of sections, found ${shown(value)}`;
  return new ParsedFile(file, [...faults, expected], outline);
}

/** The text of a file, or why there is none. */
export type ReadText = (path: string) => string | { readonly unread: string };

const UNREAD: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'is a folder, not a file',
  EACCES: 'cannot be read: this process lacks permission (EACCES)',
};

/** Reads from the disk. */
export function textOnDisk(path: string): ReturnType<ReadText> {
  try {
    const bytes = readFileSync(path);
    if (isUtf8(bytes)) return bytes.toString();
    return { unread: 'is not UTF-8: save it in that encoding' };
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    return { unread: UNREAD[code] ?? `cannot be read (${code})` };
  }
}

interface NamedText {
  readonly path: string;
  /** What messages call it. */
  readonly name: string;
  readonly text?: string;
}

class ParsedFile implements YamlFile {
  readonly path: string;
  readonly text: string | undefined;
  readonly faults: readonly Fault[];
  readonly tree: Tree | undefined;
  readonly #file: FileText;
  readonly #outline: Outline | undefined;

  /** A fault that is only a message is one of the file as a whole. */
  constructor(
    { path, name, text }: NamedText,
    faults: readonly (Fault | string)[],
    outline?: Outline,
    tree?: Tree,
  ) {
    this.path = path;
    this.text = text;
    const lines = new LineCounter();
    if (outline !== undefined) lines.lineStarts = outline.lineStarts;
    this.#file = { name, lines };
    this.#outline = outline;
    this.tree = tree;
    this.faults = faults.map((fault) =>
      typeof fault === 'string'
        ? faultAt(this.#file, { offset: 0, path: [], message: fault })
        : fault,
    );
  }

  get secretFiles(): readonly string[] {
    return [...(this.#outline?.outside.values() ?? [])].flatMap((written) =>
      filesIn(written).map((file) => resolve(file)),
    );
  }

  depthOf(path: Path): number {
    return this.#outline === undefined ? -1 : findNode(this.#outline, path).depth;
  }

  place({ path, message, at, severity = 'error', thrownAt }: Finding): Fault {
    const outline = this.#outline;
    const known = { path, severity, thrownAt };
    if (outline === undefined) return faultAt(this.#file, { ...known, offset: 0, message });
    const found = findNode(outline, path);
    const wantsKey = at === 'key' || found.depth < path.length;
    const offset = (wantsKey ? found.keyOffset : undefined) ?? found.valueOffset ?? found.keyOffset;
    const told = hideOutside(message, outline, found.node);
    const more = whereBare(outline, told, found.node) + whyAbsent(outline, found.node);
    return faultAt(this.#file, { ...known, offset: offset ?? 0, message: told + more });
  }

  isUnread(path: Path): boolean {
    const outline = this.#outline;
    if (outline === undefined || outline.unread.size === 0) return false;
    const { node, depth } = findNode(outline, path);
    return depth === path.length && outline.unread.has(resolved(outline, node));
  }

  asText(path: Path): string | undefined {
    const outline = this.#outline;
    if (outline === undefined || outline.texts.size === 0) return undefined;
    const { node, depth } = findNode(outline, path);
    const value = resolved(outline, node);
    const text = outline.texts.get(value);
    if (depth !== path.length || text === undefined) return undefined;
    // From here on it is hidden as text, too.
    (outline.values as Plain[])[outline.refs[value]!] = text;
    return text;
  }

  writtenAt(path: Path): Written | undefined {
    const outline = this.#outline;
    if (outline === undefined) return undefined;
    const { node, depth, keyOffset = 0 } = findNode(outline, path);
    if (depth < path.length || outline.kinds[resolved(outline, node)] === KIND.absent)
      return undefined;
    const { line } = placeAt(this.#file, keyOffset);
    const scalars = scalarsOf(outline, node);
    return {
      file: this.#file.name,
      line,
      isOutside: scalars.some((scalar) => outline.outside.has(scalar)),
    };
  }
}

/** `{ port: ${PORT} }` is no YAML, and `{ port: "${PORT}" }` no number. */
const whereBare = ({ outside }: Outline, message: string, node: number): string =>
  outside.has(node) && message.endsWith(UNQUOTED) ? ', on a line of its own' : '';

/** A key is written and yet missing: its placeholder is empty. */
function whyAbsent({ outside, kinds }: Outline, node: number): string {
  const written = outside.get(node);
  return written !== undefined && kinds[node] === KIND.absent ? `: ${written} is empty` : '';
}
