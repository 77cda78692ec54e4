/**
 * Checks objects of the Kubernetes API by the types of the package `kubernetes-types`, which are made from the API's own
 * schemas: each object is written as a literal and compiled. Unlike those schemas, the compiler refuses unknown keys.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from './manifests.ts';

/** Where the types of an API group are. */
const MODULES: Readonly<Record<string, string>> = {
  v1: 'core/v1',
  'apps/v1': 'apps/v1',
  'autoscaling/v2': 'autoscaling/v2',
  'networking.k8s.io/v1': 'networking/v1',
  'policy/v1': 'policy/v1',
};

const COMPILER = [
  '--ignoreConfig',
  '--noEmit',
  '--strict',
  '--skipLibCheck',
  '--types',
  '',
  '--module',
  'preserve',
];

/** Kinds of extensions (CRDs) have none. */
export const hasTypes = ({ apiVersion }: Manifest): boolean => apiVersion in MODULES;

/** @returns what the compiler says against `manifests`, each line with the object's kind and name */
export function typeFaults(manifests: readonly Manifest[]): string[] {
  // Below node_modules, so that the compiler finds the package.
  mkdirSync('node_modules/.cache', { recursive: true });
  const folder = mkdtempSync('node_modules/.cache/manifests-');
  try {
    const files = manifests.map((each) => {
      const file = join(folder, `${each.kind}-${each.metadata.name}.ts`);
      writeFileSync(file, literalOf(each));
      return file;
    });
    const compiler = spawnSync('node_modules/.bin/tsc', [...COMPILER, ...files], {
      encoding: 'utf8',
    });
    const lines = compiler.stdout.split('\n').filter((line) => line.includes('error TS'));
    if (compiler.status !== 0 && lines.length === 0) throw new Error('the compiler did not run');
    return lines.map((line) => line.replace(/^.*manifests-\w+\//, ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function literalOf(manifest: Manifest): string {
  const { kind, apiVersion } = manifest;
  return [
    `import type { ${kind} as Kind } from 'kubernetes-types/${MODULES[apiVersion]}';`,
    `export const manifest: Kind = ${JSON.stringify(manifest, null, 2)};`,
  ].join('\n');
}
