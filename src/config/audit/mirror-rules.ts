/** The rules of `portico audit` for mirrors. */
import type { Config } from '../build/config.ts';
import type { MirrorConfig } from '../build/mirror.ts';
import type { Path } from '../fault.ts';
import type { AuditRule } from './audit.ts';

export const MIRROR_RULES: readonly AuditRule[] = [
  {
    id: 'mirror-unsafe',
    severity: 'medium',
    *find(config) {
      for (const [{ copiesUnsafe }, path] of mirrorsOf(config)) {
        if (!copiesUnsafe) continue;
        const message =
          'whatever clients change is changed twice: the mirror needs data of its own';
        yield { path, message };
      }
    },
  },
  {
    id: 'mirror-shows-values',
    severity: 'low',
    *find(config) {
      for (const [{ compare }, path] of mirrorsOf(config)) {
        if (compare?.showsValues !== true || compare.keep === 0) continue;
        const message = 'values of answers can be read on the admin port: use it for a while only';
        yield { path, message };
      }
    },
  },
  {
    id: 'mirror-uncompared',
    severity: 'low',
    *find(config) {
      for (const [{ share, compare }, path] of mirrorsOf(config)) {
        if (share < 1 || compare !== undefined) continue;
        const message =
          'all requests are sent twice, and nobody looks at the answers: set compare, or a smaller percent';
        yield { path, message };
      }
    },
  },
];

function* mirrorsOf({ routes }: Config): Generator<readonly [MirrorConfig, Path]> {
  for (const { name, action } of routes) {
    for (const mirror of action.mirrors ?? []) yield [mirror, ['routes', name, 'mirror']];
  }
}
