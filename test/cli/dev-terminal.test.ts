/** `portico dev` on a terminal, which `script` (util-linux) provides. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { COMPILE_CACHE } from '../helpers/compile-cache.ts';
import { folderOf } from '../config/config-files.ts';
import { CONFIG } from './dev-process.ts';

const hasScript = spawnSync('script', ['--version']).status === 0;
const TEXT = `version: 1
server: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
`;

/** What a terminal shows from the start to Ctrl-C. */
async function shown(variables: Readonly<Record<string, string>>): Promise<string> {
  const command = `exec "${process.execPath}" "${resolve('src/main.ts')}" dev`;
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd: folderOf({ [CONFIG]: TEXT }),
    env: { PATH: process.env['PATH'], ...COMPILE_CACHE, TERM: 'xterm', ...variables },
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const ended = once(child, 'exit');
  await expect.poll(() => said, { timeout: 20_000 }).toContain('serving');
  child.stdin.write('\u0003');
  expect(await ended).toEqual([0, null]);
  return said;
}

test.skipIf(!hasScript)('the log is for people, and coloured', { timeout: 60_000 }, async () => {
  expect(await shown({})).toContain('\u001b[32minfo \u001b[0m serving');
});

test.skipIf(!hasScript)('NO_COLOR leaves out the colours', { timeout: 60_000 }, async () => {
  const said = await shown({ NO_COLOR: '1' });
  expect(said).toMatch(/\d\d:\d\d:\d\d\.\d{3} info {2}serving {2}url=http/);
  expect(said).not.toContain('\u001b[');
});
