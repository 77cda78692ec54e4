/** Writes new files, and never over others. */
import { lstatSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { Refusal } from './refusal.ts';
import type { Texts } from './templates.ts';

/** @throws {Refusal} where a file is in the way of one of `paths` */
export function mustBeFree(folder: string, paths: Iterable<string>): void {
  const taken = new Set([...paths].flatMap((path) => inTheWay(folder, path) ?? []));
  if (taken.size === 0) return;
  const list = [...taken]
    .toSorted()
    .map((path) => `  ${path}`)
    .join('\n');
  const here = relative('', folder) || 'this folder';
  throw new Refusal(
    `nothing was written, because ${taken.size === 1 ? 'a file is' : 'files are'} in the way in ${here}:\n${list}`,
  );
}

/**
 * Writes `texts`, all or those before the first that fails.
 *
 * @throws {Refusal} which says what was written
 */
export function writeTexts(folder: string, texts: Texts): void {
  mustBeFree(folder, texts.keys());
  const written: string[] = [];
  for (const [path, text] of texts) {
    try {
      writeNew(join(folder, path), text);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const before = written.length === 0 ? 'nothing' : written.join(', ');
      throw new Refusal(`${path} cannot be written (${code}); written before it: ${before}`);
    }
    written.push(path);
  }
}

/** Leaves nothing of a file whose text does not fit on the disk. */
function writeNew(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  let isOurs = false;
  try {
    writeFileSync(file, '', { flag: 'wx' });
    isOurs = true;
    writeFileSync(file, text);
  } catch (error) {
    if (isOurs) rmSync(file, { force: true });
    throw error;
  }
}

/** What is at `path`, or is a file where a folder above it must be. */
function inTheWay(folder: string, path: string): string | undefined {
  const parts = path.split(sep);
  for (let depth = 1; depth < parts.length; depth += 1) {
    const above = parts.slice(0, depth).join(sep);
    if (!isThere(join(folder, above))) return undefined;
    if (!isFolder(join(folder, above))) return above;
  }
  return isThere(join(folder, path)) ? path : undefined;
}

/** A link that leads nowhere is there, too. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
