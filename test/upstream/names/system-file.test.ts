import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SystemFile } from '../../../src/upstream/names/system-file.ts';

function fileWith(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'portico-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  writeFileSync(path, text);
  let parsed = 0;
  const file = new SystemFile(path, (read) => ({ read, times: ++parsed }));
  return { folder, path, file };
}

test('is parsed once, and again when it was changed or replaced', () => {
  const { folder, path, file } = fileWith('one');
  expect(file.get()).toBe(file.get());
  writeFileSync(path, 'two!');
  expect(file.get()).toEqual({ read: 'two!', times: 2 });
  // Replaced by renaming, as editors and containers do.
  writeFileSync(join(folder, 'other'), 'six!');
  renameSync(join(folder, 'other'), path);
  expect(file.get()).toEqual({ read: 'six!', times: 3 });
});

test('is empty if it does not exist', () => {
  const { path, file } = fileWith('one');
  rmSync(path);
  expect(file.get().read).toBe('');
  writeFileSync(path, 'one');
  expect(file.get().read).toBe('one');
});
