/** Where things are: files of the bench, and the folder of what one run writes. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A path below `bench/`. */
export const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const UPSTREAM_COMMAND: readonly string[] = [here('upstream.ts')];
export const LOAD_COMMAND: readonly string[] = [here('load/process.ts')];

/** The certificate of everything that serves TLS here, and the authority that signed it. */
export const TLS = {
  ca: here('../test/fixtures/tls/ca.pem'),
  cert: here('../test/fixtures/tls/server.pem'),
  key: here('../test/fixtures/tls/server.key'),
} as const;

/** A folder for configs and logs, which is gone after `remove`. */
export function makeFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'portico-bench-'));
  // The workers of a server that root starts are somebody else.
  chmodSync(path, 0o711);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
