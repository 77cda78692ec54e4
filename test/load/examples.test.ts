/** The commands of demo/README.md and docs/performance.md, as they are written there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { folderOf } from '../config/config-files.ts';

const MAIN = resolve('src/main.ts');
/** Later options win. */
const BRIEF = '-c 4 -d 0.2 --warm-up 0';

function examplesOf(file: string): {
  readonly config: string | undefined;
  readonly commands: string[];
} {
  const page = readFileSync(file, 'utf8');
  const blocks = (language: string): string[] =>
    [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(
      ([, block]) => block!,
    );
  const commands = blocks('sh')
    .flatMap((block) => block.split('\n'))
    .filter((line) => line.includes('npm run load -- '))
    .map((line) => line.replace(/\s+#.*$/, ''));
  return { config: blocks('yaml')[0], commands };
}

/** Runs `command` in `cwd`, in a shell. */
async function shell(command: string, cwd: string) {
  const line = `${command.replace('npm run load --', `"${process.execPath}" "${MAIN}" load`)} ${BRIEF}`;
  const child = spawn('sh', ['-c', `exec env ${line}`], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [out, err] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: child.exitCode, out, err };
}

const { config, commands } = examplesOf('docs/performance.md');
const demo = examplesOf('demo/README.md').commands;

describe('the examples of load tests', { timeout: 60_000 }, () => {
  test.each(commands.filter((command) => !command.includes('--url')))('%s', async (command) => {
    const folder = folderOf({ 'gateway.config.yaml': config! });
    const { code, out, err } = await shell(command, folder);
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.not.stringContaining('the answer to') as unknown,
    });
    expect(out).toContain(command.includes('--json') ? '"2xx"' : '2xx 100 %');
  });

  test.each(demo)('%s', async (command) => {
    const { code, out } = await shell(command, '.');
    expect(code).toBe(0);
    expect(out).toContain(command.includes('--json') ? '"2xx"' : '2xx 100 %');
  });

  test('with --url name options that there are', async () => {
    const [command, ...others] = commands.filter((each) => each.includes('--url'));
    expect(others).toEqual([]);
    const { err } = await shell(command!.replaceAll(/:\d{4}/g, ':1').replace('$TOKEN', 'T'), '.');
    expect(err).toContain('127.0.0.1:1/metrics does not answer');
  });
});
