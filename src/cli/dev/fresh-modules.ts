/**
 * Imports the modules of an author anew when one of them has changed: `portico dev` alone installs this.
 *
 * Node keeps each module by its address for ever, so every import below the config's folder gets an address with the
 * number of the version. When any of the files has changed, the number grows, and all of them are imported anew: a module
 * is never seen in two versions at once. What was imported before is never freed, which only a process that
 * serves an author can afford.
 */
import { hash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import type { Importing } from '../../assembly/import-module.ts';
import { isForeign } from '../../assembly/thrown-at.ts';
import type { Position } from '../../config/fault.ts';
import type { Digests } from '../../running/file-content.ts';
import { uncompiled } from './uncompiled.ts';

/** In the query of an address. */
const PARAMETER = 'portico';

export class FreshModules implements Importing {
  readonly #folder: string;
  /** The digest of each file when it was imported; `undefined` for one that could not be read. The latest are last. */
  readonly #digests = new Map<string, string | undefined>();
  readonly #onAdded: () => void;
  #version = 1;
  #isOutdated = false;

  /** For files below `folder`. `onAdded` hears of each that was not known before. */
  constructor(folder: string, onAdded: () => void = () => undefined) {
    this.#folder = realpathSync(folder) + sep;
    this.#onAdded = onAdded;
  }

  /** From here on, every import in this process goes through this. */
  install(): void {
    registerHooks({
      resolve: (specifier, context, nextResolve) => {
        try {
          const resolved = nextResolve(specifier, context);
          return { ...resolved, url: this.#versioned(resolved.url, context.parentURL) };
        } catch (error) {
          this.#noteAbsent(error);
          throw error;
        }
      },
    });
  }

  /** Absolute paths of all that was imported, or looked for in vain. */
  get files(): readonly string[] {
    return [...this.#digests.keys()];
  }

  /** Of the files that could be read. */
  get digests(): Digests {
    return new Map(
      [...this.#digests].filter((each): each is [string, string] => each[1] !== undefined),
    );
  }

  /** Starts the next version, if a file has changed. Call it before anything is imported again. */
  refresh(): void {
    let hasChanged = this.#isOutdated;
    this.#isOutdated = false;
    for (const [file, then] of this.#digests) {
      const now = digestOf(file);
      this.#digests.set(file, now);
      hasChanged ||= now !== then;
    }
    if (!hasChanged) return;
    this.#version += 1;
    // CommonJS knows no address, only the path.
    const { cache } = createRequire(import.meta.url);
    for (const file of this.#digests.keys()) {
      // An ES module that CommonJS requires is in Node's other cache too, by its path, and cannot be loaded again.
      if (!types.isModuleNamespaceObject(cache[file]?.exports)) delete cache[file];
    }
  }

  /** Something failed, be it for a reason outside of the files: Node would repeat the error of this version for ever. */
  outdate(): void {
    this.#isOutdated = true;
  }

  readonly isFresh = (url: string): boolean => {
    const path = pathOf(url);
    return path !== undefined && this.#isOwn(path);
  };

  /** The latest one is looked at first. */
  readonly locate = (): Promise<Position | undefined> => uncompiled(this.files.toReversed());

  #isOwn(path: string): boolean {
    return path.startsWith(this.#folder) && !isForeign(path);
  }

  /** What a module imports later is of its own version. */
  #versioned(url: string, parent: string | undefined): string {
    const path = pathOf(url);
    if (path === undefined || !this.#isOwn(path)) return url;
    this.#note(path);
    const { searchParams } = new URL(parent ?? url);
    const versioned = new URL(url);
    versioned.searchParams.set(PARAMETER, searchParams.get(PARAMETER) ?? String(this.#version));
    return versioned.href;
  }

  #note(path: string): void {
    const isNew = !this.#digests.has(path);
    const digest = isNew ? digestOf(path) : this.#digests.get(path);
    this.#digests.delete(path);
    this.#digests.set(path, digest);
    if (isNew) this.#onAdded();
  }

  /** It may come: watched is the file, and the first folder on the way to it that is not there yet. */
  #noteAbsent(error: unknown): void {
    const { code, url } = error as NodeJS.ErrnoException & { readonly url?: string };
    const path = code === 'ERR_MODULE_NOT_FOUND' && url !== undefined ? pathOf(url) : undefined;
    if (path === undefined || !this.#isOwn(path)) return;
    this.#note(path);
    let absent = path;
    while (!existsSync(dirname(absent))) absent = dirname(absent);
    this.#note(absent);
  }
}

const pathOf = (url: string): string | undefined =>
  url.startsWith('file:') ? real(fileURLToPath(url)) : undefined;

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function digestOf(file: string): string | undefined {
  try {
    return hash('sha256', readFileSync(file));
  } catch {
    return undefined;
  }
}
