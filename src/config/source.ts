/**
 * The config as it stands in its files: one tree of plain values, and the way back from any path in
 * it to the file, line and column where it was written.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { type Document, isPair, LineCounter, type Pair, parseDocument, Scalar, visit } from 'yaml';
import { type Environment, expand, hasPlaceholder } from './environment.ts';
import { type Fault, type Finding, formatPath, type Path, type Position } from './fault.ts';
import { shown } from './types.ts';
import { findNode, pathOf } from './yaml-path.ts';

/** YAML aliases may multiply a file; this many are plenty (a "billion laughs" stops here). */
const MAX_ALIASES = 100;

/** Sections whose members may be spread over included files. */
const MERGED = new Set(['upstreams', 'routes', 'plugins']);

export type Tree = Record<string, unknown>;

interface SourceFile {
  /** As shown in messages. */
  readonly name: string;
  readonly path: string;
  readonly document: Document;
  readonly lines: LineCounter;
  /** Values that came from outside, by their formatted path: never printed. */
  readonly outside: Map<string, string>;
}

export interface Source {
  readonly tree: Tree;
  readonly faults: readonly Fault[];
  /** Every file that was read, for watching. */
  readonly files: readonly string[];
  /** Gives a finding its place, and hides what came from the environment. */
  place(finding: Finding): Fault;
  /** The folder of the file in which `path` is written; relative names start there. */
  folderOf(path: Path): string;
}

/** Reads `file` and what it includes. Never throws: what is wrong is in `faults`. */
export function readSource(file: string, environment: Environment): Source {
  return new SourceReader(environment).read(file);
}

class SourceReader {
  readonly #environment: Environment;
  readonly #files: SourceFile[] = [];
  readonly #faults: Fault[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  read(file: string): Source {
    const tree = this.#readFile(resolve(file)) ?? {};
    for (const pattern of this.#includes(tree)) this.#include(pattern, tree);
    const files = this.#files;
    return {
      tree,
      faults: this.#faults,
      files: files.map(({ path }) => path),
      place: (finding) => place(files, file, finding),
      folderOf: (path) => dirname(fileOf(files, path)?.path ?? resolve(file)),
    };
  }

  #includes(tree: Tree): string[] {
    const patterns = tree['include'];
    if (!Array.isArray(patterns)) return [];
    return patterns.filter((pattern) => typeof pattern === 'string');
  }

  #include(pattern: string, into: Tree): void {
    const root = this.#files[0]!;
    const found = globSync(pattern, { cwd: dirname(root.path) }).toSorted();
    if (found.length === 0) {
      this.#fault(root, { path: ['include'], message: `no file matches "${pattern}"` });
    }
    for (const name of found) {
      const path = resolve(dirname(root.path), name);
      if (this.#files.some((file) => file.path === path)) continue;
      const tree = this.#readFile(path);
      if (tree !== undefined) this.#merge(tree, into);
    }
  }

  #merge(tree: Tree, into: Tree): void {
    const file = this.#files.at(-1)!;
    for (const [key, value] of Object.entries(tree)) {
      if (MERGED.has(key) && isTree(value) && isTree(into[key] ?? {})) {
        const section = (into[key] ??= {}) as Tree;
        for (const [name, member] of Object.entries(value)) {
          this.#mergeMember(file, section, [key, name], name, member);
        }
      } else if (key !== 'version' || into[key] !== value) {
        this.#mergeMember(file, into, [key], key, value);
      }
    }
  }

  #mergeMember(file: SourceFile, into: Tree, path: Path, name: string, value: unknown): void {
    if (!Object.hasOwn(into, name)) {
      into[name] = value;
      return;
    }
    const first = place(this.#files.slice(0, -1), file.name, { path, message: '', at: 'key' });
    const where = `${first.file}:${first.line}:${first.column}`;
    this.#fault(file, { path, at: 'key', message: `defined twice: first at ${where}` });
  }

  #readFile(path: string): Tree | undefined {
    const name = relative(process.cwd(), path).startsWith('..')
      ? path
      : relative(process.cwd(), path);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const message = `can not be read (${code ?? 'unknown reason'})`;
      this.#faults.push({ file: name, line: 1, column: 1, path: '', message, severity: 'error' });
      return undefined;
    }
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, merge: true, uniqueKeys: true });
    const file: SourceFile = { name, path, document, lines, outside: new Map() };
    this.#files.push(file);
    this.#reportSyntax(file, text);
    if (document.errors.length > 0) return undefined;
    this.#expand(file);
    return this.#toTree(file);
  }

  #reportSyntax(file: SourceFile, text: string): void {
    for (const error of file.document.errors) {
      const { line, col } = file.lines.linePos(error.pos[0]);
      const written = text.split('\n')[line - 1] ?? '';
      const message = `${describeSyntax(error.code, error.message)}${quoteHint(written)}`;
      const at = { file: file.name, line, column: col };
      this.#faults.push({ ...at, path: '', message, severity: 'error' });
    }
  }

  #toTree(file: SourceFile): Tree | undefined {
    let value: unknown;
    try {
      value = file.document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      this.#fault(file, { path: [], message: (error as Error).message });
      return undefined;
    }
    if (isTree(value)) return value;
    this.#fault(file, { path: [], message: `expected a map of sections, found ${shown(value)}` });
    return undefined;
  }

  /** Replaces placeholders in scalar values; an empty one takes its key away. */
  #expand(file: SourceFile): void {
    const empty: Pair[] = [];
    visit(file.document, {
      Scalar: (key, node, ancestors) => {
        if (key === 'key' || typeof node.value !== 'string' || !hasPlaceholder(node.value)) return;
        const path = pathOf(ancestors, node, key);
        if (this.#expandScalar(file, node, path) !== '') return;
        const pair = ancestors.at(-1);
        if (isPair(pair)) empty.push(pair);
      },
    });
    visit(file.document, {
      Pair: (_key, pair) => (empty.includes(pair) ? visit.REMOVE : undefined),
    });
  }

  #expandScalar(file: SourceFile, node: Scalar, path: Path): unknown {
    try {
      const { text, from, whole } = expand(node.value as string, this.#environment);
      const typed = whole && node.type === Scalar.PLAIN && !from[0]!.startsWith('${file:');
      node.value = typed ? asYaml(text) : text;
      if (from.length > 0) file.outside.set(formatPath(path), from.join(''));
    } catch (error) {
      this.#fault(file, { path, message: (error as Error).message });
    }
    return node.value;
  }

  #fault(file: SourceFile, finding: Finding): void {
    this.#faults.push(place([file], file.name, finding));
  }
}

/** A plain scalar takes the YAML type of its value: `${PORT}` becomes a number. */
function asYaml(text: string): unknown {
  const value: unknown = parseDocument(text).toJS();
  return typeof value === 'number' || typeof value === 'boolean' ? value : text;
}

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function describeSyntax(code: string, message: string): string {
  const text = message.split(' at line ')[0]!.replace(/:?\s*$/, '');
  if (code === 'DUPLICATE_KEY') return 'this key stands here twice: keys must be unique';
  return `YAML syntax: ${text}`;
}

/** The mistakes that braces and stars invite inside `{ }` and `[ ]`. */
function quoteHint(line: string): string {
  if (!/[[{]/.test(line) || !/\$\{|\/\{|\{\w+\}|[\s[{,:]\*/.test(line)) return '';
  return '; inside { } and [ ], quote values with ${…}, {…} or a leading *, as in "/a/{id}"';
}

/** The file in which most of `path` stands. */
function fileOf(files: readonly SourceFile[], path: Path): SourceFile | undefined {
  let best = files[0];
  let bestDepth = -1;
  for (const file of files) {
    const { depth } = findNode(file.document, path);
    if (depth > bestDepth) [best, bestDepth] = [file, depth];
  }
  return best;
}

function place(files: readonly SourceFile[], fallback: string, finding: Finding): Fault {
  const file = fileOf(files, finding.path);
  const severity = finding.severity ?? 'error';
  const path = formatPath(finding.path);
  if (file === undefined) {
    return { file: fallback, line: 1, column: 1, path, message: finding.message, severity };
  }
  const found = findNode(file.document, finding.path);
  const missing = found.depth < finding.path.length;
  const wantsKey = finding.at === 'key' || missing;
  const offset = (wantsKey ? found.keyOffset : undefined) ?? found.valueOffset ?? 0;
  const { line, col } = file.lines.linePos(offset);
  const position: Position = { file: file.name, line: Math.max(line, 1), column: Math.max(col, 1) };
  return { ...position, path, message: hideOutside(file, finding), severity };
}

/** Shorter than this, a value is a word of every message ("true", "0") and no secret. */
const MIN_HIDDEN = 5;

/** Names the placeholder where the message would show what it was replaced by. */
function hideOutside(file: SourceFile, { path, message }: Finding): string {
  const placeholder = file.outside.get(formatPath(path));
  if (placeholder === undefined) return message;
  const value: unknown = file.document.getIn(path);
  const text = String(value);
  const hidden = [JSON.stringify(value), shown(value), ...(text.length < MIN_HIDDEN ? [] : [text])];
  return hidden
    .reduce((told, each) => told.split(each).join('\u0000'), message)
    .replaceAll('\u0000', placeholder);
}
