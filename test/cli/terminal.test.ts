/** What shows on a terminal, which `script` (util-linux) provides, and what does not elsewhere. */
import { execFile, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { COMPILE_CACHE } from '../helpers/compile-cache.ts';
import { folderOf } from '../config/config-files.ts';

const hasScript = spawnSync('script', ['--version']).status === 0;
const MAIN = resolve('src/main.ts');

/** A module takes a moment longer than what shows nothing. */
const SLOW = `import { setTimeout } from 'node:timers/promises';
await setTimeout(1_300);
export default {};`;
const FILES = {
  'gateway.config.yaml': 'version: 1\nplugins: { slow: { module: ./slow.ts } }\n',
  'slow.ts': SLOW,
};
const ERASED = '\r\u001b[2K';
const SHOWN = 'checking gateway.config.yaml: 1 s';

interface Shown {
  readonly onTerminal?: boolean;
  readonly variables?: Readonly<Record<string, string>>;
}

/** Both outputs of `portico ...args`, in order. */
async function shown(
  args: readonly string[],
  { onTerminal = true, variables = {} }: Shown = {},
): Promise<string> {
  const command = `"${process.execPath}" "${MAIN}" ${args.join(' ')}`;
  const given = onTerminal
    ? ['script', '-qec', command, '/dev/null']
    : ['bash', '-c', `${command} 2>&1`];
  const [program = '', ...words] = given;
  const env = { PATH: process.env['PATH'], ...COMPILE_CACHE, TERM: 'xterm', ...variables };
  const running = promisify(execFile)(program, words, { cwd: folderOf(FILES), env });
  const { stdout } = await running.catch((error: unknown) => error as { readonly stdout: string });
  return stdout;
}

describe.skipIf(!hasScript)('on a terminal', () => {
  test('what takes long says so on one line, which is erased', async () => {
    const text = await shown(['validate']);
    const [first, ...others] = text.split(ERASED);
    expect(first).toBe(SHOWN);
    expect(others.at(-1)).toContain('gateway.config.yaml');
    expect(others.at(-1)).not.toContain('checking');
  });

  test('help has bold titles', async () => {
    expect(await shown(['audit', '--help'])).toContain('\u001b[1mOptions:');
  });
});

test('elsewhere nothing says that it takes long, and FORCE_COLOR colours no JSON', async () => {
  const elsewhere = { onTerminal: false, variables: { FORCE_COLOR: '1' } };
  const text = await shown(['validate', '--json'], elsewhere);
  expect(text).toContain('"valid"');
  expect(text).not.toContain('checking');
  expect(text).not.toContain('\u001b');
});
