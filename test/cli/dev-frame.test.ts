import { join } from 'node:path';
import { expect, test } from 'vitest';
import { framedFault } from '../../src/cli/dev/frame.ts';
import { folderOf } from '../config/config-files.ts';

/** The frame of a fault at `column` of the only line of a file. */
function frameOf(text: string, column: number): string[] {
  const file = join(folderOf({ a: text }), 'a');
  const fault = { file, line: 1, column, path: '', message: 'wrong', severity: 'error' } as const;
  return framedFault(fault).split('\n').slice(1);
}

test('the caret is below the column', () => {
  expect(frameOf('a: b', 4)).toEqual(['    1 | a: b', '      |    ^']);
});

test('tabs stay tabs, so that it is there on any terminal', () => {
  expect(frameOf('\t\ta', 3)).toEqual(['    1 | \t\ta', '      | \t\t^']);
});

test('a long line is cut around the column', () => {
  const [line, caret] = frameOf(`${'x'.repeat(5_000)}!${'y'.repeat(5_000)}`, 5_001);
  expect(line!.length).toBeLessThan(140);
  expect(line![caret!.indexOf('^')]).toBe('!');
});

test('what a terminal would obey is not printed', () => {
  expect(frameOf('a\u001b[2Jb', 1)[0]).toBe('    1 | a\ufffd[2Jb');
});

test('a column beyond the line is at its end, and a line that cannot be read is left out', () => {
  expect(frameOf('ab', 99)).toEqual(['    1 | ab', '      |   ^']);
  const gone = { file: '/no/such/file', line: 1, column: 1, path: '', message: 'x' };
  expect(framedFault({ ...gone, severity: 'error' })).toBe('/no/such/file:1:1  x');
});
