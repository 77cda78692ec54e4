/**
 * Adds an entry to a section of a config's text. Every other byte stays as it is, comments included.
 *
 * The result is parsed again: unless it says what the text said and the entry besides, there is no result.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isMap,
  isScalar,
  type Node,
  type Pair,
  parse,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { isMap as isTree, type Tree } from './tree.ts';

/** A member of a section, such as a route. */
export interface Entry {
  readonly section: string;
  readonly name: string;
  /** The lines of its value, as YAML in block style. */
  readonly lines: readonly string[];
}

/** The place of a new piece of text. */
interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

const INDENT = 2;

/** `text`, of a config that was read, with the entry; `undefined` for a text whose shape does not allow that. */
export function insertEntry(text: string, entry: Entry): string | undefined {
  const document = parseDocument(text, { merge: true });
  const { contents, errors } = document;
  if (errors.length > 0 || !isMap(contents) || contents.flow === true) return undefined;
  const splice = spliceFor(text, contents, entry);
  if (splice === undefined) return undefined;
  const piece = /\r\n/.test(text) ? splice.text.replaceAll('\n', '\r\n') : splice.text;
  const result = text.slice(0, splice.from) + piece + text.slice(splice.to);
  return saysBoth(valueOf(document), result, entry) ? result : undefined;
}

/** The lines to add by hand, below the section. */
export const entryText = (entry: Entry): string => block(entry, INDENT);

/** The lines to add by hand, with the section. */
export const sectionText = (entry: Entry): string => `${entry.section}:\n${entryText(entry)}`;

function spliceFor(text: string, root: YAMLMap, entry: Entry): Splice | undefined {
  const pair = root.items.find(({ key }) => isScalar(key) && key.value === entry.section);
  if (pair === undefined) {
    const end = text.trimEnd().length;
    return { from: end, to: text.length, text: `\n\n${sectionText(entry)}\n` };
  }
  const { value } = pair;
  if (isMap(value) && value.items.length > 0) {
    return value.flow === true ? inFlow(value, entry) : inBlock(text, value, entry);
  }
  if (isMap(value)) return intoEmpty(text, value, entry);
  const keyEnd = isScalar(value) && value.source === '' ? rangeOf(pair.key)?.[1] : undefined;
  return keyEnd === undefined ? undefined : insertLines(text, keyEnd, block(entry, INDENT));
}

/** After the last member, in the columns of the others. */
function inBlock(text: string, map: YAMLMap, entry: Entry): Splice | undefined {
  const first = startOf(map.items[0]!);
  const last = map.items.at(-1)!;
  const end = endOf(last);
  if (first === undefined || end === undefined) return undefined;
  const column = first - lineStart(text, first);
  const lines = `${isSpaced(text, map) ? '\n' : ''}${block(entry, column)}`;
  return insertLines(text, end, lines);
}

/** Is there a blank line above the last member, or above the comment on it? */
function isSpaced(text: string, { items }: YAMLMap): boolean {
  const start = startOf(items.at(-1)!);
  if (items.length === 1 || start === undefined) return false;
  const above = text.slice(0, lineStart(text, start)).split('\n').slice(0, -1);
  return above.findLast((line) => !/^\s*#/.test(line))?.trim() === '';
}

function inFlow(map: YAMLMap, { name, lines }: Entry): Splice | undefined {
  const end = endOf(map.items.at(-1)!);
  const value = JSON.stringify(parse(lines.join('\n')));
  return end === undefined ? undefined : { from: end, to: end, text: `, ${name}: ${value}` };
}

/** Instead of `{}`. */
function intoEmpty(text: string, value: YAMLMap, entry: Entry): Splice | undefined {
  const [from, to] = value.range ?? [];
  if (from === undefined || to === undefined) return undefined;
  const start = text.slice(0, from).trimEnd().length;
  const rest = text.slice(to, lineEnd(text, to)).trimEnd();
  return { from: start, to: lineEnd(text, to), text: `${rest}\n${block(entry, INDENT)}` };
}

function insertLines(text: string, end: number, lines: string): Splice {
  // A block of text ends with its line.
  if (text[end - 1] === '\n') return { from: end, to: end, text: `${lines}\n` };
  const at = lineEnd(text, end);
  return { from: at, to: at, text: `\n${lines}` };
}

function block({ name, lines }: Entry, column: number): string {
  const written = [`${name}:`, ...lines.map((line) => ' '.repeat(INDENT) + line)];
  return written.map((line) => ' '.repeat(column) + line).join('\n');
}

/** However many aliases it has: what cannot be read within bounds is no config, and comes no further. */
const valueOf = (document: Document): unknown => document.toJS({ maxAliasCount: -1 });

const rangeOf = (node: unknown): Node['range'] => (node as Node | null)?.range;
const startOf = ({ key }: Pair): number | undefined => rangeOf(key)?.[0];
const endOf = ({ key, value }: Pair): number | undefined => (rangeOf(value) ?? rangeOf(key))?.[1];
const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  if (end < 0) return text.length;
  return text[end - 1] === '\r' ? end - 1 : end;
}

function saysBoth(was: unknown, result: string, { section, name, lines }: Entry): boolean {
  const document = parseDocument(result, { merge: true });
  if (document.errors.length > 0 || !isTree(was)) return false;
  const members = (was[section] ?? {}) as Tree;
  const value = parse(lines.join('\n')) as unknown;
  const wanted = { ...was, [section]: { ...members, [name]: value } };
  return isDeepStrictEqual(valueOf(document), wanted);
}
