import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { missingPackages } from '../../src/assembly/store-packages.ts';
import { lockFolder } from '../../src/engine/folder-lock.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'portico-embedded-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe('the folder of an embedded store', () => {
  test('is made, locked and released', () => {
    const path = join(folder(), 'a', 'b');
    const release = lockFolder(path);
    expect(readFileSync(join(path, 'portico.lock'), 'utf8')).toMatch(`${process.pid}`);
    expect(() => lockFolder(path)).toThrow(`process ${process.pid} uses the folder`);
    release();
    lockFolder(path)();
  });

  test('is free again when its process has died, even if another one has its number', () => {
    const path = folder();
    for (const left of ['999999999', `${process.pid} 1`, '']) {
      writeFileSync(join(path, 'portico.lock'), left);
      lockFolder(path)();
    }
  });

  test('is refused if it holds anything else', () => {
    const path = folder();
    writeFileSync(join(path, 'photo.jpg'), '');
    expect(() => lockFolder(path)).toThrow('no database');
  });

  test('that cannot be made is a fault with the reason', () => {
    const path = folder();
    writeFileSync(join(path, 'file'), '');
    expect(() => lockFolder(join(path, 'file', 'x'))).toThrow('cannot be used (ENOTDIR)');
  });
});

describe('packages that are missing', () => {
  const none = (): boolean => false;
  const messages = (store: unknown, isThere: (name: string) => boolean): string[] =>
    missingPackages({ store }, isThere).map(({ path, message }) => `${path.join('.')}: ${message}`);

  test('are told at the key of the store, with the command', () => {
    expect(messages({ postgres: 'x' }, none)).toEqual([
      'store.postgres: needs the packages @dbos-inc/dbos-sdk 5.3.0, pg 8.23.1, which are not installed: npm i @dbos-inc/dbos-sdk@5.3.0 pg@8.23.1',
    ]);
    expect(messages({ embedded: 'x' }, (name) => name !== '@electric-sql/pglite')).toEqual([
      'store.embedded: needs the package @electric-sql/pglite 0.5.14, which is not installed: npm i @electric-sql/pglite@0.5.14',
    ]);
  });

  test('are nothing to a config without a store, or one that has them', () => {
    expect(messages(undefined, none)).toEqual([]);
    expect(missingPackages({ store: { embedded: 'x' } })).toEqual([]);
  });

  test('have the versions that are tested here', () => {
    const text = readFileSync('package.json', 'utf8');
    const { devDependencies } = JSON.parse(text) as { devDependencies: Record<string, string> };
    const [told = ''] = messages({ embedded: 'x' }, none);
    for (const [, name, version] of told.matchAll(/ (\S+)@([\d.]+)(?= |$)/g)) {
      expect([name, version]).toEqual([name, devDependencies[name!]]);
    }
  });
});
