/**
 * The resources of the public API, version 1. Clients that nobody here knows rely on them: a member may be added, and
 * none may be renamed, removed or given another type before version 2.
 */
import { z } from 'portico';

// --- what the services answer ------------------------------------------------------------------

export const CatalogProduct = z.object({
  id: z.string(),
  name: z.string(),
  category: z.string(),
  description: z.string(),
  price: z.int(),
  currency: z.string(),
  rating: z.number(),
  reviews: z.int(),
});
export const CatalogList = z.object({ items: z.array(CatalogProduct) });
export const CatalogStock = z.object({
  productId: z.string(),
  available: z.int(),
  leadTimeDays: z.int(),
});

type CatalogProduct = z.output<typeof CatalogProduct>;
type CatalogStock = z.output<typeof CatalogStock>;

// --- what clients get --------------------------------------------------------------------------

const Money = z
  .object({
    amount: z.int().describe('In minor units: 17900 is 179.00.'),
    currency: z.string().describe('ISO 4217.'),
  })
  .describe('An amount of money.');

export const Product = z
  .object({
    id: z.string(),
    name: z.string(),
    category: z.string(),
    description: z.string(),
    price: Money,
    rating: z
      .object({ average: z.number().describe('1 to 5.'), count: z.int() })
      .describe('What customers say.'),
    stars: z
      .int()
      .meta({ deprecated: true })
      .describe('Deprecated: the rating without its decimals. Use `rating.average`.'),
  })
  .describe('A product.');
export const ProductList = z.object({
  items: z.array(Product),
  next: z.string().optional().describe('For `after`; absent on the last page.'),
});
export const Availability = z.object({
  productId: z.string(),
  isInStock: z.boolean(),
  /** 0 where it is in stock. */
  daysUntilSent: z.int().describe('Days until it can be sent.'),
});
export const AvailabilityList = z.object({
  items: z.array(Availability),
  unknown: z.array(z.string()).describe('Ids that the shop does not have.'),
});
/** Deprecated: `price` of a product says the same. */
export const Price = z.object({ price: Money });

// --- from the one to the other -----------------------------------------------------------------

export function toProduct(product: CatalogProduct): z.input<typeof Product> {
  const { id, name, category, description, price, currency, rating, reviews } = product;
  return {
    id,
    name,
    category,
    description,
    price: { amount: price, currency },
    rating: { average: rating, count: reviews },
    stars: Math.trunc(rating),
  };
}

/** A page of `size`, made of one product more if there is a next page. */
export function toProductList(
  products: readonly CatalogProduct[],
  size: number,
): z.input<typeof ProductList> {
  const shown = products.slice(0, size);
  const last = shown.at(-1);
  const next = products.length > size && last !== undefined ? { next: cursorOf(last.id) } : {};
  return { items: shown.map(toProduct), ...next };
}

export function toAvailability({
  productId,
  available,
  leadTimeDays,
}: CatalogStock): z.input<typeof Availability> {
  const isInStock = available > 0;
  return { productId, isInStock, daysUntilSent: isInStock ? 0 : leadTimeDays };
}

/** Opaque to clients, so that it may hold something else one day. */
export const cursorOf = (id: string): string => Buffer.from(`1:${id}`).toString('base64url');

/** The id in a cursor; `undefined` for what is none. */
export const readCursor = (cursor: string): string | undefined =>
  /^1:(p\d{1,6})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
