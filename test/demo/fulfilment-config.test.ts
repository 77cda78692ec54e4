/** The demo's config with a store, beside the one without. What it does is in test/docs/fulfilment.test.ts. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { run } from '../cli/run.ts';

const FILE = 'demo/fulfilment.config.yaml';
const read = (file: string) => parse(readFileSync(file, 'utf8')) as Record<string, object>;

test('the config with a store is valid, without any variable', async () => {
  expect(await run(['validate', '--config', FILE])).toMatchObject({ code: 0, err: [] });
});

test('the shop’s own config has no store, and nothing that needs one', () => {
  const { routes, ...config } = read('gateway.config.yaml');
  expect(config['store']).toBeUndefined();
  expect(config['sagas']).toBeUndefined();
  const needing = Object.values(routes as Record<string, object>).filter(
    (route) => 'saga' in route || 'command' in route || 'operationStatus' in route,
  );
  expect(needing).toEqual([]);
});

test('customers fulfil orders, and only staff cancel them: a command cannot tell whose they are', () => {
  const { routes } = read(FILE) as { readonly routes: Record<string, { readonly jwt?: object }> };
  const { fulfil, 'cancel-order': cancel } = routes;
  expect([fulfil?.jwt, cancel?.jwt]).toEqual([
    { issuer: 'shop', scopes: ['orders:write'] },
    { issuer: 'shop', scopes: ['orders:manage'] },
  ]);
});
