/** The tests' own kustomize means what the real one does: compared where `kubectl` 1.27 or newer is installed. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { kustomize } from './kustomize.ts';
import type { Manifest } from './manifests.ts';

/** Debian's kubectl is of 2020 and does not know today's keys: kustomize 5 is needed. */
const { stdout } = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' });
const isNew = /Kustomize Version: v([5-9]|\d\d)\./.test(stdout ?? '');

const byName = (manifests: readonly Manifest[]): Record<string, Manifest> =>
  Object.fromEntries(manifests.map((each) => [`${each.kind} ${each.metadata.name}`, each]));

describe.skipIf(!isNew)('kubectl kustomize (needs kubectl 1.27)', () => {
  test.each(['deploy/kubernetes/base', 'deploy/kubernetes/overlays/example'])(
    'makes of %s what the tests look at',
    (folder) => {
      const real = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
      expect(real.stderr).toBe('');
      const made = parseAllDocuments(real.stdout).map((each) => each.toJS() as Manifest);
      expect(byName(kustomize(folder))).toEqual(byName(made));
    },
  );
});
