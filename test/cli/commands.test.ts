import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { run } from './run.ts';

describe('portico', () => {
  test.each([['--help'], ['help'], ['validate', '--help'], ['start', '--help']])(
    'explains itself with %s %s, and ends with 0',
    async (...args) => {
      const { code, out, err } = await run(args);
      expect(code).toBe(0);
      expect(out.join('\n')).toContain('Usage: portico');
      expect(err).toEqual([]);
    },
  );

  test.each(['--version', '-v'])('says which version it is with %s', async (flag) => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await run([flag])).toEqual({ code: 0, out: [version], err: [] });
  });

  test('names its commands', async () => {
    const { out } = await run(['--help']);
    const commands = [
      'start',
      'validate',
      'audit',
      'routes',
      'diff',
      'load',
      'history',
      'rollback',
      'reload',
    ];
    for (const command of [...commands, 'init', 'new', 'schema', 'reference']) {
      expect(out.join('\n')).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
  });

  test('ends with 2 without a command', async () => {
    const { code, out, err } = await run([]);
    expect(code).toBe(2);
    expect(out).toEqual([]);
    expect(err.join('\n')).toContain('Usage: portico');
  });

  test('says of validate that modules run', async () => {
    const { out } = await run(['validate', '--help']);
    expect(out.join('\n')).toMatch(/imports,\s+and so runs, the plugins/);
  });
});
