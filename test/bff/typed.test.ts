/** Clients typed by OpenAPI documents: what compiles, and what does not. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { apis, defineBff, z } from 'portico';
import type { paths as Catalog } from '../../bff/types/catalog.d.ts';
import type { paths as Orders } from '../../bff/types/orders.d.ts';
import { startGateway } from '../gateway/support/gateway.ts';

const product = { id: 'p1', name: 'Chair', price: 100 };

/** Each line with an `@ts-expect-error` is one that the compiler must refuse. */
const bff = defineBff(
  {
    upstreams: ['catalog', 'orders', 'free'],
    apis: apis<{ catalog: Catalog; orders: Orders }>(),
  },
  (app) => {
    const schema = { response: { 200: z.object({ name: z.string(), price: z.int() }) } };
    app.get('/products/:id', { schema }, async (request) => {
      const { catalog } = request.upstreams;
      // Without a schema, the document tells the type.
      const { name, price } = await catalog.get('/products/{id}', { path: { id: 'p1' } });
      return { name, price };
    });

    app.get('/never', { schema }, async (request) => {
      const { catalog, orders, free } = request.upstreams;
      const path = { id: 'p1' };
      const page = await catalog.get('/products', { query: { limit: 3 } });
      const total: number = page.total;
      const text: { readonly price: string } = await catalog.get('/products/{id}', {
        path,
        numbers: 'text',
      });
      const checked: { readonly price: number } = await catalog.get('/products/{id}', {
        path,
        schema: z.object({ price: z.int() }),
      });
      // @ts-expect-error -- no such path
      await catalog.get('/product/{id}', { path });
      // @ts-expect-error -- no such operation
      await catalog.post('/products', {});
      // @ts-expect-error -- no such parameter in the path
      await catalog.get('/products/{id}', { path: { ident: 'p1' } });
      // @ts-expect-error -- a path without its parameter
      await catalog.get('/products/{id}');
      // @ts-expect-error -- no such parameter in the query
      await catalog.get('/products', { query: { max: 3 } });
      // @ts-expect-error -- a parameter of another type
      await catalog.get('/products', { query: { limit: 'three' } });
      // @ts-expect-error -- no such field
      await catalog.get('/products/{id}', { path }).then(({ title }) => title);
      // @ts-expect-error -- a schema of what the upstream does not answer
      await catalog.get('/products/{id}', { path, schema: z.object({ title: z.string() }) });
      // @ts-expect-error -- a schema of another type
      await catalog.get('/products/{id}', { path, schema: z.object({ price: z.string() }) });
      // @ts-expect-error -- a body with something missing
      await orders.post('/orders', { body: { lines: [] } });
      await free.get('/whatever', { query: { anything: 1 } });
      return { name: text.price, price: total + checked.price };
    });
  },
);

describe('a client typed by its document', () => {
  test('is the same at run time', async () => {
    const { fetch, seen } = await startGateway({
      bff,
      upstreams: {
        catalog: () => ({ body: product }),
        orders: () => ({}),
        free: () => ({}),
      },
    });
    const response = await fetch('/products/p1');
    expect(await response.json()).toEqual({ name: 'Chair', price: 100 });
    expect(seen).toMatchObject([{ path: '/products/p1' }]);
  });

  test('types only upstreams that the BFF names', () => {
    const wrong = () =>
      // @ts-expect-error -- not one of its upstreams
      defineBff({ upstreams: ['orders'], apis: apis<{ catalog: Catalog }>() }, () => undefined);
    expect(wrong).toBeTypeOf('function');
  });

  test('shows a changed document at the line of the BFF that uses it', () => {
    // In the project, so that modules are found.
    const folder = mkdtempSync('test/bff/changed-');
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const types = readFileSync('bff/types/catalog.d.ts', 'utf8');
    writeFileSync(
      join(folder, 'catalog.d.ts'),
      types.replaceAll(/Price: number/g, 'Price: string'),
    );
    const lines = [
      `import { apis, defineBff, z } from 'portico';`,
      `import type { paths as Catalog } from './catalog.d.ts';`,
      `const schema = { response: { 200: z.object({ price: z.int() }) } };`,
      `defineBff({ upstreams: ['catalog'], apis: apis<{ catalog: Catalog }>() }, (app) => {`,
      `  app.get('/', { schema }, async ({ upstreams: { catalog } }) => {`,
      `    const { price } = await catalog.get('/products/{id}', { path: { id: 'p1' } });`,
      `    return { price: Math.round(price) };`,
      `  });`,
      `});`,
    ];
    writeFileSync(join(folder, 'bff.ts'), lines.join('\n'));
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../../tsconfig.json', include: ['.'] }),
    );
    expect(faultsOf(folder)).toEqual([
      expect.stringMatching(
        /\/bff\.ts\(7,\d+\): error TS2345: .* 'string' is not assignable .* 'number'/,
      ),
    ]);
  });
});

function faultsOf(folder: string): string[] {
  try {
    execFileSync('npx', ['tsc', '-p', folder], { stdio: 'pipe' });
    return [];
  } catch (error) {
    const { stdout } = error as { readonly stdout: Buffer };
    return stdout
      .toString()
      .split('\n')
      .filter((line) => line.startsWith(`${folder}/`));
  }
}
