/**
 * One word for everything that a generation was built from, so that two gateways can be compared.
 *
 * Paths count as seen from the folder of the config. Files whose content is a value are left out: who knows the rest
 * could guess a short secret by trying.
 */
import { hash } from 'node:crypto';
import { dirname, relative } from 'node:path';
import type { Snapshot } from '../config/yaml/source.ts';
import { type Digests, digestsOf } from './file-content.ts';

/** SHA-256, in hex. `outside` are the files that the config names. */
export function configHash(
  { texts }: Snapshot,
  outside: Digests,
  secretFiles: readonly string[],
): string {
  const secret = new Set(secretFiles);
  const named = [...outside].filter(([path]) => !secret.has(path));
  const [main = ''] = texts.keys();
  const folder = dirname(main);
  const lines = [...digestsOf(texts), ...named].map(
    ([path, digest]) => `${relative(folder, path)} ${digest}`,
  );
  return hash('sha256', lines.toSorted().join('\n'));
}
