import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('every test that SECURITY.md names is there', () => {
  const named = readFileSync('SECURITY.md', 'utf8').matchAll(/`(test\/[^`]+)`/g);
  const files = [...named].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});
