/** The packages that a store needs. They are not installed with the gateway, because most have no store. */
import { createRequire } from 'node:module';
import type { Finding } from '../config/fault.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';

/** With the version that this release was tested with. */
const ENGINE = { '@dbos-inc/dbos-sdk': '5.3.0', pg: '8.23.1' } as const;
const EMBEDDED = {
  ...ENGINE,
  '@electric-sql/pglite': '0.5.14',
  '@electric-sql/pglite-socket': '0.2.17',
} as const;

/** Faults at the key of a store whose packages are missing, with the command that installs them. */
export function missingPackages(
  { store }: Tree,
  isThere: (name: string) => boolean = isInstalled,
): Finding[] {
  if (!isMap(store)) return [];
  const key = store['embedded'] === undefined ? 'postgres' : 'embedded';
  const needed: Readonly<Record<string, string>> = key === 'embedded' ? EMBEDDED : ENGINE;
  const missing = Object.keys(needed).filter((name) => !isThere(name));
  if (missing.length === 0) return [];
  const names = missing.map((name) => `${name} ${needed[name]}`).join(', ');
  const [what, is] = missing.length === 1 ? ['package', 'is'] : ['packages', 'are'];
  const command = `npm i ${missing.map((name) => `${name}@${needed[name]}`).join(' ')}`;
  const message = `needs the ${what} ${names}, which ${is} not installed: ${command}`;
  return [{ path: ['store', key], at: 'key', message }];
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch (error) {
    // Any other error is of one that is there, and is for `import` alone.
    return (error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND';
  }
}
