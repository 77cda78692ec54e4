/** A short path for a unix socket, in a folder that goes with the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export function socketFile(name = 'up.sock'): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}
