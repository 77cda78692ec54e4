import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test.each(globSync('templates/**/*.ts'))('%s imports what a project of its own has', (file) => {
  const names = [...readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !/^(node:|\.\/|portico$|portico\/testing$)/.test(name!))).toEqual(
    [],
  );
});
