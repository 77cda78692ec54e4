/** Which file answers a request: the one asked for, the index of a folder, a compressed sibling, or the fallback. */
import { acceptedCodings, type Coding } from './accepted-coding.ts';
import { filePath } from './file-path.ts';
import { findFile, type FoundFile } from './find-file.ts';

export interface FilesConfig {
  /** Absolute. */
  readonly root: string;
  /** Name of the file that stands for its folder. */
  readonly index: string;
  /** How long others may keep a file that is no page, in milliseconds; absent: nothing is said. */
  readonly maxAgeMs?: number;
  /** Names of the page that browsers get where there is no file; absent: 404. */
  readonly fallback?: readonly string[];
  /** Files and folders are served whose names begin with a dot. */
  readonly dotfiles: boolean;
  /** Siblings such as `app.js.br` are sent to clients that take them. */
  readonly precompressed: boolean;
  /** The most downloads at once. */
  readonly concurrency: number;
}

/** What the request says. */
export interface Wanted {
  readonly rest: string;
  readonly accept: string | undefined;
  readonly acceptEncoding: string | undefined;
}

export interface Located extends FoundFile {
  readonly kind: 'file';
  /** Its name decides on its type. */
  readonly name: string;
  /** Absent: as it is. */
  readonly coding?: Coding[0];
}

export type Location = Located | { readonly kind: 'folder' } | { readonly kind: 'none' };

/** `folder`: with a slash at its end, the path leads to the index of a folder. */
export async function locate(config: FilesConfig, wanted: Wanted): Promise<Location> {
  const found = await locateAsked(config, wanted);
  const { fallback } = config;
  if (found.kind !== 'none' || fallback === undefined || !wantsPage(wanted.accept)) return found;
  return locateNamed(config, fallback, wanted);
}

async function locateAsked(config: FilesConfig, wanted: Wanted): Promise<Location> {
  const path = filePath(wanted.rest, config.dotfiles);
  if (path === undefined) return NONE;
  const index = [...path.names, config.index];
  if (path.isFolder) {
    const page = await locateNamed(config, index, wanted);
    return page.kind === 'file' ? page : NONE;
  }
  const found = await locateNamed(config, path.names, wanted);
  if (found.kind !== 'folder') return found;
  // A redirect to what is 404 would only tell that there is a folder.
  const page = await findFile(config.root, index);
  if (typeof page === 'string') return NONE;
  await page.handle.close();
  return found;
}

const NONE: Location = { kind: 'none' };

async function locateNamed(
  config: FilesConfig,
  names: readonly string[],
  { acceptEncoding }: Wanted,
): Promise<Location> {
  const plain = await findFile(config.root, names);
  if (typeof plain === 'string') return { kind: plain };
  const name = names.at(-1)!;
  const codings = config.precompressed ? acceptedCodings(acceptEncoding) : [];
  for (const [coding, extension] of codings) {
    const packed = await findFile(config.root, [...names.slice(0, -1), name + extension]);
    if (typeof packed === 'string') continue;
    // One that is older than its file was made from another one.
    const isCurrent = packed.modifiedNs >= plain.modifiedNs;
    await (isCurrent ? plain : packed).handle.close();
    if (isCurrent) return { kind: 'file', ...packed, name, coding };
  }
  return { kind: 'file', ...plain, name };
}

/** Browsers say so when they go to a page, and not when they load what belongs to one. */
const wantsPage = (accept: string | undefined): boolean =>
  accept !== undefined && /(?:^|,)\s*text\/html\b/i.test(accept);
