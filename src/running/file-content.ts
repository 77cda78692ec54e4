/** What the files of a config, and those that it names, hold: as digests, because some of them hold secrets. */
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { filesMatching } from '../config/yaml/source.ts';

export interface WatchedFiles {
  /** Absolute paths. */
  readonly files: readonly string[];
  /** Patterns of `include`, and the folder that they start from. */
  readonly patterns: readonly string[];
  readonly folder: string;
}

/** By path. */
export type Digests = ReadonlyMap<string, string>;

export const digestsOf = (texts: ReadonlyMap<string, string>): Digests =>
  new Map([...texts].map(([file, text]) => [file, digestOf(text)]));

/** Of what each of `files` holds now; a file that cannot be read counts as such. */
export async function digestsNow(files: readonly string[]): Promise<Digests> {
  const digests = new Map<string, string>();
  for (const file of files) digests.set(file, digestOf(await readFile(file).catch(codeOf)));
  return digests;
}

/** One text for what all of them hold now, those that have come to match a pattern included. */
export async function contentNow({ files, patterns, folder }: WatchedFiles): Promise<string> {
  const matching = patterns.flatMap((pattern) => filesMatching(pattern, folder));
  return joined(await digestsNow([...new Set([...files, ...matching])]));
}

/** The same of what they held when `known` were taken; files of which it says nothing count as they are now. */
export async function contentAsRead(files: readonly string[], known: Digests): Promise<string> {
  const others = await digestsNow(files.filter((file) => !known.has(file)));
  return joined(new Map(files.map((file) => [file, known.get(file) ?? others.get(file)!])));
}

const digestOf = (content: string | Uint8Array): string => hash('sha256', content);

const codeOf = ({ code = '' }: NodeJS.ErrnoException): string => code;

const joined = (digests: Digests): string =>
  [...digests].map(([file, digest]) => `${file} ${digest}`).join('\n');
