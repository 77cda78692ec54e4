/** Products in a row: of a list of ids, what the catalog says of each, and whether it is there. */
import { optional, z } from 'portico';
import { Product, type Request, Stock } from './services.ts';
import { Card, type Language, toCard } from './shown.ts';

type Asking = Pick<Request, 'upstreams' | 'gather'>;

/** How long a page waits for what it can do without. */
export const PATIENCE = '300ms';

/**
 * The cards of some products, in their order; those that the catalog does not have are left out. Two calls, however many
 * there are.
 */
export async function cardsOf(
  request: Asking,
  ids: readonly string[],
  language: Language,
): Promise<z.input<typeof Card>[]> {
  const { catalog } = request.upstreams;
  const { products, stock } = await request.gather({
    products: ids.map((id) =>
      optional(
        catalog.get('/products/{id}', { path: { id }, timeout: PATIENCE, schema: Product }),
        null,
      ),
    ),
    stock: stockOf(request, ids),
  });
  return products.flatMap((product, i) =>
    product === null ? [] : toCard(product, stock[i] ?? null, language),
  );
}

/** The stock of some products, to be gathered: `null` for those that the inventory cannot tell. */
export function stockOf({ upstreams: { inventory } }: Asking, ids: readonly string[]) {
  return ids.map((id) =>
    optional(
      inventory.get('/stock/{id}', { path: { id }, timeout: PATIENCE, schema: Stock }),
      null,
    ),
  );
}
