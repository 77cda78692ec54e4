/** One YAML file of the config: its values, and where each of them stands. */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { type Document, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { Environment } from './environment.ts';
import { type Fault, type Finding, formatPath, type Path } from '../fault.ts';
import { hideOutside } from './hide.ts';
import { UNQUOTED } from '../check/issue-words.ts';
import { ABSENT, dropAbsent, expandDocument } from './placeholders.ts';
import { isMap, type Tree } from './tree.ts';
import { shown } from '../schema/types.ts';
import { aliasTargets, findNode, resolveAlias, type Targets } from './path.ts';
import { checkStructure } from './structure.ts';
import { syntaxFaults } from './syntax.ts';

export interface YamlFile {
  readonly path: string;
  /** `undefined`: it could not be read as a map. */
  readonly tree: Tree | undefined;
  readonly faults: readonly Fault[];
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
}

/** Reads the file at `path`. Never throws: what is wrong is in `faults`. */
export function readYamlFile(path: string, environment: Environment): YamlFile {
  const file = new ParsedFile(path);
  file.read(environment);
  return file;
}

const UNREAD: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'is a folder, not a file',
  EACCES: 'cannot be read: this process has no right to (EACCES)',
};

const whyUnread = ({ code = 'unknown' }: NodeJS.ErrnoException): string =>
  UNREAD[code] ?? `cannot be read (${code})`;

class ParsedFile implements YamlFile {
  readonly path: string;
  readonly faults: Fault[] = [];
  tree: Tree | undefined;
  /** As shown in messages. */
  readonly #name: string;
  readonly #lines = new LineCounter();
  #document: Document | undefined;
  #outside: ReadonlyMap<Node, string> = new Map();
  #texts: ReadonlyMap<unknown, string> = new Map();
  #targets: Targets = new Map();
  readonly #unread = new Set<unknown>();

  constructor(path: string) {
    this.path = path;
    const local = relative(process.cwd(), path);
    this.#name = local.startsWith('..') ? path : local;
  }

  read(environment: Environment): void {
    const document = this.#parse();
    if (document === undefined) return;
    this.#document = document;
    const targets = aliasTargets(document);
    this.#targets = targets;
    const { faults, blanks, bounded } = checkStructure(document, targets, (at) =>
      this.#placeOf(at),
    );
    for (const { offset, path, message } of faults) this.#report(offset, path, message);
    for (const node of blanks) this.#unread.add(node);
    if (!bounded) return;
    this.#expand(document, environment);
    const value = dropAbsent(document.toJS({ maxAliasCount: -1 }));
    if (isMap(value)) this.tree = value;
    else this.#report(0, [], `expected a map of sections, found ${shown(value)}`);
  }

  #parse(): Document | undefined {
    let text: string;
    try {
      const bytes = readFileSync(this.path);
      if (!isUtf8(bytes)) {
        this.#report(0, [], 'is not in UTF-8: save it in that encoding');
        return undefined;
      }
      text = bytes.toString();
    } catch (error) {
      this.#report(0, [], whyUnread(error as NodeJS.ErrnoException));
      return undefined;
    }
    try {
      const document = parseDocument(text, {
        lineCounter: this.#lines,
        merge: true,
        // Told by checkStructure, which goes on after it.
        uniqueKeys: false,
        resolveKnownTags: false,
      });
      if (document.errors.length === 0) return document;
      for (const { offset, message } of syntaxFaults(document, this.#lines, text)) {
        this.#report(offset, [], message);
      }
    } catch (error) {
      // The parser calls itself for each level.
      if (!(error instanceof RangeError)) throw error;
      this.#report(0, [], 'is nested too deeply');
    }
    return undefined;
  }

  #expand(document: Document, environment: Environment): void {
    const { faults, outside, texts } = expandDocument(document, environment);
    this.#outside = outside;
    this.#texts = texts;
    for (const { node, path, message, severity } of faults) {
      if (severity === 'error') this.#unread.add(node);
      this.#report(node.range?.[0] ?? 0, path, message, severity);
    }
  }

  depthOf(path: Path): number {
    return this.#document === undefined ? -1 : findNode(this.#document, this.#targets, path).depth;
  }

  place({ path, message, at, severity = 'error' }: Finding): Fault {
    if (this.#document === undefined) return this.#fault(0, path, message, severity);
    const found = findNode(this.#document, this.#targets, path);
    const wantsKey = at === 'key' || found.depth < path.length;
    const offset = (wantsKey ? found.keyOffset : undefined) ?? found.valueOffset ?? found.keyOffset;
    const told = hideOutside(message, found.node, this.#targets, this.#outside);
    const more = this.#whereBare(told, found.node) + this.#whyAbsent(found.node);
    return this.#fault(offset ?? 0, path, told + more, severity);
  }

  isUnread(path: Path): boolean {
    if (this.#document === undefined) return false;
    const { node, depth } = findNode(this.#document, this.#targets, path);
    return depth === path.length && this.#unread.has(resolveAlias(node, this.#targets));
  }

  asText(path: Path): string | undefined {
    if (this.#document === undefined || this.#texts.size === 0) return undefined;
    const { node, depth } = findNode(this.#document, this.#targets, path);
    const value = resolveAlias(node, this.#targets);
    const text = this.#texts.get(value);
    if (depth !== path.length || text === undefined || !isScalar(value)) return undefined;
    // From here on it is hidden as text, too.
    value.value = text;
    return text;
  }

  /** `{ port: ${PORT} }` is no YAML, and `{ port: "${PORT}" }` no number. */
  #whereBare(message: string, node: Node | undefined): string {
    const isOutside = node !== undefined && this.#outside.has(node);
    return isOutside && message.endsWith(UNQUOTED) ? ', on a line of its own' : '';
  }

  /** A key is written and yet missing: its placeholder is empty. */
  #whyAbsent(node: Node | undefined): string {
    const written = node === undefined ? undefined : this.#outside.get(node);
    const isAbsent = written !== undefined && (node as { value?: unknown }).value === ABSENT;
    return isAbsent ? `: ${written} is empty` : '';
  }

  #report(
    offset: number,
    path: Path,
    message: string,
    severity: Fault['severity'] = 'error',
  ): void {
    this.faults.push(this.#fault(offset, path, message, severity));
  }

  #fault(offset: number, path: Path, message: string, severity: Fault['severity']): Fault {
    const { line, column } = this.#position(offset);
    return { file: this.#name, line, column, path: formatPath(path), message, severity };
  }

  #position(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #placeOf(offset: number): string {
    const { line, column } = this.#position(offset);
    return `${this.#name}:${line}:${column}`;
  }
}
