/** The package as `npm pack` makes it, and folders of strangers who have installed it. */
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve('.');
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules', 'dist', 'coverage']);

export interface Packed {
  readonly tarball: string;
  /** Paths in the package. */
  readonly files: readonly string[];
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** A folder in which the package is installed, by itself and with what it depends on. */
  readonly stranger: () => string;
  readonly remove: () => void;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

interface PackReport {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Packs a copy of this checkout, so that a build of yours stays as it is. Needs no network. */
export function pack(): Packed {
  const folder = mkdtempSync(join(tmpdir(), 'portico-packed-'));
  const checkout = join(folder, 'checkout');
  cpSync(ROOT, checkout, {
    recursive: true,
    filter: (path) => !LEFT_OUT.has(relative(ROOT, path)),
  });
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  const args = ['pack', '--json', '--offline', '--pack-destination', folder];
  const report = execFileSync('npm', args, { cwd: checkout, encoding: 'utf8', stdio: 'pipe' });
  const { filename, size, unpackedSize, files } = reportIn(report);
  const tarball = join(folder, filename);
  let strangers = 0;
  return {
    tarball,
    files: files.map(({ path }) => path).toSorted(),
    packedBytes: size,
    unpackedBytes: unpackedSize,
    stranger: () => installed(tarball, join(folder, `stranger-${(strangers += 1)}`)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** After what `prepack` prints: one report, in a list or under the name of its package. */
function reportIn(output: string): PackReport {
  const parsed = JSON.parse(output.slice(output.search(/^[[{]/m))) as object;
  return Object.values(parsed)[0] as PackReport;
}

/** As `npm install` does it, with links to packages that are here already: those that it depends on, and no others. */
function installed(tarball: string, folder: string): string {
  const home = join(folder, 'node_modules/portico');
  mkdirSync(home, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', home, '--strip-components=1']);
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Manifest;
  addPackages(folder, Object.keys(manifest.dependencies));
  return folder;
}

/** As `npm i` does it in that folder, from what is here. */
export function addPackages(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), link);
  }
}

/** Runs Node in `cwd`, as nobody's child: no variable of these tests reaches it. */
export function runNode(cwd: string, args: readonly string[]): SpawnSyncReturns<string> {
  const env = { PATH: process.env['PATH'] };
  return spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8', timeout: 60_000 });
}
