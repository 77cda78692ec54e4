/** Imports a module that a config names. If that fails, the fault says why and where. */
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { systemClock } from '../core/clock.ts';
import type { Position } from '../config/fault.ts';
import { isForeign, localPath, namedAt, thrownAt } from './thrown-at.ts';

/** The longest that the import of a module may take. */
const IMPORT_MS = 10_000;

export type Imported =
  | { readonly value: unknown; readonly isStale: boolean }
  | { readonly fault: string; readonly thrownAt: Position | undefined };

/** How modules are imported. */
export interface Importing {
  /** The module at `url` is imported anew when it has changed. */
  readonly isFresh: (url: string) => boolean;
  /** The place of a module that does not compile, where the error does not say it. */
  readonly locate: () => Promise<Position | undefined>;
}

/** As Node does it: a module is loaded once. */
export const ONCE: Importing = {
  isFresh: () => false,
  locate: () => Promise.resolve(undefined),
};

/** When the file of a module was changed last, at the time of its import; Node keeps what it imported then. */
const changedAt = new Map<string, number>();

/** The default export of a file below `folder`, or of a package that is installed there. */
export async function importDefault(
  name: string,
  folder: string,
  importing: Importing,
): Promise<Imported> {
  const late = Promise.withResolvers<never>();
  // The timer also keeps the process alive, which would end if only the module were awaited.
  const timer = systemClock.after(IMPORT_MS, () => late.reject(new NotDone()));
  try {
    const isFile = name.startsWith('.') || isAbsolute(name);
    const url = isFile ? fileUrl(name, folder) : packageUrl(name, folder);
    const imported = import(url) as Promise<{ readonly default?: unknown }>;
    const module = await Promise.race([imported, late.promise]);
    return { value: module.default, isStale: !importing.isFresh(url) && isStale(url) };
  } catch (error) {
    const place = await placeOf(error, importing);
    return { fault: `cannot be imported: ${describe(error, name, place)}`, thrownAt: place };
  } finally {
    systemClock.cancel(timer);
  }
}

/** Has its file been changed since it was imported for the first time? */
function isStale(url: string): boolean {
  const now = statSync(new URL(url), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const then = changedAt.get(url);
  if (then === undefined) changedAt.set(url, now);
  return then !== undefined && then !== now;
}

class NotDone extends Error {}

const fileUrl = (name: string, folder: string): string => pathToFileURL(resolve(folder, name)).href;

const packageUrl = (name: string, folder: string): string =>
  pathToFileURL(createRequire(join(folder, 'portico.js')).resolve(name)).href;

/** The end of a message of Node's. */
const IMPORTED_FROM = / imported from ([^\n]*)$/;

async function placeOf(error: unknown, { locate }: Importing): Promise<Position | undefined> {
  if (!(error instanceof Error) || error instanceof NotDone) return undefined;
  const { code, url, message } = error as NodeJS.ErrnoException & { readonly url?: string };
  const [, importer] = IMPORTED_FROM.exec(message) ?? [];
  // It is named where it is imported, and thrown nowhere.
  if (code === 'ERR_MODULE_NOT_FOUND') {
    return importer === undefined || url === undefined ? undefined : namedAt(importer, url);
  }
  return thrownAt(error) ?? (error instanceof SyntaxError ? locate() : undefined);
}

function describe(error: unknown, name: string, thrown: Position | undefined): string {
  if (error instanceof NotDone) {
    return `it did not finish within ${IMPORT_MS / 1_000}s: move what it waits for to "register"`;
  }
  if (!(error instanceof Error))
    return typeof error === 'string' ? error : `${inspect(error)} was thrown`;
  const { code, message } = error as NodeJS.ErrnoException;
  const [, what = '', importer] = /^([^\n]*?)(?: imported from ([^\n]*))?(?:\n|$)/.exec(message)!;
  if (code === 'ERR_UNSUPPORTED_DIR_IMPORT' && importer === import.meta.filename) {
    return `is a folder: name the file in it, such as ${name.replace(/\/$/, '')}/index.ts`;
  }
  if (code === 'MODULE_NOT_FOUND' && /\.[cm]?[jt]s$/.test(name)) {
    return `there is no package "${name}": a file name must start with ./`;
  }
  const said = what.replace(/(?<=')\/[^']+(?=')/, localPath);
  if (importer !== undefined && !isForeign(importer)) return `${said} (${localPath(importer)})`;
  return thrown === undefined ? said : `${said} (${thrown.file}:${thrown.line})`;
}
