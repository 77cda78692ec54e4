/** Finds the line of an author's module in an error. Our own sources and packages are never the place. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Position } from '../config/fault.ts';

/** `at f (file:///shop/bff/index.ts?portico=2:7:3)`, with or without the name, the brackets and the scheme. */
const FRAME = /^\s+at (?:.*\()?(?:async )?((?:file:\/\/)?\/.*):(\d+):(\d+)\)?$/;
/** What Node puts on top for what does not compile: the place, a few lines, and `^^^` below the column. */
const UNCOMPILED = /^((?:file:\/\/)?\/.*):(\d+)\n(?:.*\n){1,3}?([ \t]*)\^/;

/** `undefined` where no line of the stack is the author's. */
export function thrownAt({ stack = '' }: Error): Position | undefined {
  const uncompiled = uncompiledAt(stack);
  if (uncompiled !== undefined) return uncompiled;
  for (const text of stack.split('\n')) {
    const [, url, line, column] = FRAME.exec(text) ?? [];
    const position = url === undefined ? undefined : authored(url, Number(line), Number(column));
    if (position !== undefined) return position;
  }
  return undefined;
}

/** The place on top of `text`, as Node writes it for a module that does not compile. */
export function uncompiledAt(text: string): Position | undefined {
  const [, url, line, before] = UNCOMPILED.exec(text) ?? [];
  return url === undefined ? undefined : authored(url, Number(line), before!.length + 1);
}

/** Where the author's module at `importer` names a file that is not there: `url`, as Node resolved it. */
export function namedAt(importer: string, url: string): Position | undefined {
  if (isForeign(importer)) return undefined;
  const name = fileURLToPath(url).split('/').at(-1)!;
  const lines = textOf(importer).split('\n');
  const at = lines.findIndex((line) => new RegExp(`/${RegExp.escape(name)}['"]`).test(line));
  const column = (lines[at] ?? '').search(/['"][^'"]*['"]/) + 1;
  return at < 0 ? undefined : { file: localPath(importer), line: at + 1, column };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const OURS = ['../', '../../plugins/'].map((each) => fileURLToPath(new URL(each, import.meta.url)));

/** Does `path` belong to this package, or to another one? */
export const isForeign = (path: string): boolean =>
  path.includes('/node_modules/') || OURS.some((folder) => path.startsWith(folder));

function authored(url: string, line: number, column: number): Position | undefined {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  return isForeign(path) ? undefined : { file: localPath(path), line, column };
}

/** The path relative to the working directory, unless it lies outside. */
export function localPath(path: string): string {
  const local = relative(process.cwd(), path);
  return local.startsWith('..') ? path : local;
}
