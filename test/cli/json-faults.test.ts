import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderOf } from '../config/config-files.ts';
import { run } from './run.ts';

test.each([
  ['validate -c', ''],
  ['audit -c', ''],
  ['routes -c', ''],
  ['explain GET /a -c', ''],
  ['diff', 'good.yaml'],
])('%s with --json prints the faults of a config as one document', async (words, other) => {
  const folder = folderOf({ 'c.yaml': 'version: 2', 'good.yaml': 'version: 1' });
  const files = [join(folder, 'c.yaml'), ...(other === '' ? [] : [join(folder, other)])];
  const { code, out, err } = await run([...words.split(' '), ...files, '--json']);
  expect([code, err]).toEqual([78, []]);
  expect(JSON.parse(out.join('\n'))).toMatchObject({
    valid: false,
    faults: [{ path: 'version', line: 1, severity: 'error' }],
  });
});
