/** The version of this package, from its sources and from `dist/` alike. */
import { createRequire } from 'node:module';

export const version = (): string =>
  (createRequire(import.meta.url)('portico/package.json') as { readonly version: string }).version;
