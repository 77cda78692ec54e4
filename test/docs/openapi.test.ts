/** docs/openapi.md: the example tells what the page says. */
import { expect, test } from 'vitest';
import { faultsOf } from '../config/config-files.ts';
import { Page } from '../helpers/page.ts';
import { told } from '../openapi/documented.ts';
import { parse } from 'yaml';

const PAGE = new Page('docs/openapi.md');
const [example = ''] = PAGE.blocks('yaml');
const catalog = PAGE.files().get('catalog.yaml')!;

test('the example tells its two operations, with their credentials and answers', async () => {
  const { operations, operation, warnings } = await told(parse(example) as object, {
    'catalog.yaml': catalog,
  });
  expect(operations).toEqual(['GET /api/products', 'GET /api/products/{id}']);
  const get = operation('GET /api/products/{id}');
  expect(get).toMatchObject({ tags: ['Products'], security: [{ bearer: ['products:read'] }] });
  expect(Object.keys(get.responses)).toEqual(['200', '400', '401', '403', '502', '503', '504']);
  expect(warnings).toEqual([]);
});

test('a reference to nothing is the fault on the page', async () => {
  const broken = catalog.replace("Product' } }", "Produkt' } }");
  const faults = await faultsOf({ 'gateway.config.yaml': example, 'catalog.yaml': broken });
  expect(`${faults.join('\n')}\n`).toBe(/```\n(gateway\.config.*?)```/s.exec(PAGE.text)?.[1]);
});
