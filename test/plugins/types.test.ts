import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('what the gateway adds to a request is typed by the import of portico alone', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'test/plugins/alone'],
    { encoding: 'utf8' },
  );
  expect([status, stdout]).toEqual([0, '']);
}, 60_000);
