/** All products of the shop, p1 to p24, in the order the catalog lists them. */
import { audio } from './audio.ts';
import { kitchen } from './kitchen.ts';
import { office } from './office.ts';
import { outdoor } from './outdoor.ts';
import type { Product } from './product.ts';

export { CURRENCY, type Product } from './product.ts';

export const PRODUCTS: ReadonlyMap<string, Product> = new Map(
  [...audio, ...kitchen, ...outdoor, ...office].map((product) => [product.id, product]),
);
