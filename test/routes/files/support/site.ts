/** A folder with files, and a gateway that serves it. */
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { TestGateway } from '../../../../src/testing.ts';
import { startGateway } from '../../../gateway/support/gateway.ts';

export interface Site extends TestGateway {
  /** Absolute; its parent goes with the test, too. */
  readonly root: string;
}

type Files = Readonly<Record<string, string | Buffer>>;

export function folderWith(files: Files): string {
  const parent = mkdtempSync(join(tmpdir(), 'portico-files-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const root = join(parent, 'site');
  mkdirSync(root);
  writeFiles(root, files);
  return root;
}

export function writeFiles(root: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

/** Served below `/site`. */
export async function siteOf(
  files: Files,
  options: object = {},
  more: Readonly<Record<string, object>> = {},
): Promise<Site> {
  const root = folderWith(files);
  const gateway = await startGateway({
    config: {
      server: { paths: { escapedSlash: 'keep' } },
      routes: { site: { match: { path: '/site/*' }, files: { root, ...options }, ...more } },
    },
  });
  return { ...gateway, root };
}

/** How many files below `root` this process has open. */
export const openBelow = (root: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(root);
    } catch {
      return false;
    }
  }).length;
