import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { writeTexts } from '../../src/cli/scaffold/write-texts.ts';
import { emptyFolder, filesIn } from './scaffolds.ts';

/** As on a full disk: a file can be made, but this text does not fit. */
const TOO_LONG = 'does not fit';

/** Imported anew, because test files share what they import. */
async function writeTextsToFullDisk(): Promise<typeof writeTexts> {
  vi.resetModules();
  vi.doMock('node:fs', async (importOriginal) => {
    const real = await importOriginal<typeof import('node:fs')>();
    const write: typeof real.writeFileSync = (file, text, options) => {
      real.writeFileSync(file, text === TOO_LONG ? 'does' : text, options);
      if (text === TOO_LONG) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    return { ...real, writeFileSync: write };
  });
  onTestFinished(() => {
    vi.doUnmock('node:fs');
    vi.resetModules();
  });
  return (await import('../../src/cli/scaffold/write-texts.ts')).writeTexts;
}

test('a failure half way says what was written, and leaves no part of a file', async () => {
  const write = await writeTextsToFullDisk();
  const folder = emptyFolder();
  const texts = new Map([
    ['a.txt', 'a'],
    ['b/b.txt', 'b'],
    ['c.txt', TOO_LONG],
    ['d.txt', 'd'],
  ]);
  expect(() => write(folder, texts)).toThrow(
    'c.txt cannot be written (ENOSPC); written before it: a.txt, b/b.txt',
  );
  expect(filesIn(folder)).toEqual(['a.txt', 'b/b.txt']);
});

test('a file that comes between the look and the writing is not written over', () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, 'b'));
  const texts = new Map([['a.txt', 'a']]);
  vi.spyOn(texts, 'keys').mockImplementation(() => {
    writeFileSync(join(folder, 'a.txt'), 'mine');
    return new Map<string, string>().keys();
  });
  expect(() => writeTexts(folder, texts)).toThrow('a.txt cannot be written (EEXIST)');
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('mine');
});
