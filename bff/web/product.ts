/** The page of a product, from five services; and lists of products. */
import { chooseLanguage, optional, z } from 'portico';
import { cardsOf, PATIENCE, stockOf } from './cards.ts';
import {
  Address,
  type App,
  type Order,
  Orders,
  Product,
  Products,
  Stock,
  Suggestions,
  User,
} from './services.ts';
import {
  Availability,
  Card,
  type Language,
  LANGUAGES,
  Money,
  toAvailability,
  toCard,
  toDate,
  toMoney,
  toPicture,
} from './shown.ts';

export const ProductPage = z.object({
  product: z.object({
    id: z.string(),
    name: z.string(),
    category: z.string(),
    description: z.string(),
    price: Money,
    rating: z.object({ average: z.number(), count: z.int() }),
    pictures: z.array(Card.shape.picture),
    attributes: z.record(z.string(), z.string()),
  }),
  availability: Availability,
  /** Where it would be sent; null while nobody can say. */
  deliverTo: Address.nullable(),
  /** When the customer bought it last; null if never. */
  lastBought: z
    .object({ orderId: z.string(), href: z.string(), at: z.string(), text: z.string() })
    .nullable(),
  similar: z.array(Card),
});
export const ProductListPage = z.object({
  items: z.array(Card),
  /** The next page; absent on the last one. */
  next: z.string().optional(),
});

export const ProductId = z.string().regex(/^p\d{1,6}$/);
const Params = z.object({ id: ProductId });
const Listing = z.strictObject({
  limit: z.coerce.number().int().min(1).max(48).default(24),
  after: ProductId.optional(),
  category: z.string().max(40).optional(),
});

export function addProducts(app: App): void {
  app.get(
    '/products/:id',
    { schema: { params: Params, response: { 200: ProductPage } } },
    async (request, reply) => {
      const { catalog, inventory, recommendations, users, orders } = request.upstreams;
      const language = chooseLanguage(request, reply, LANGUAGES);
      const path = request.params;
      const customerId = request.consumer?.id ?? '';
      const found = await request.gather({
        product: catalog.get('/products/{id}', { path, schema: Product }),
        stock: optional(
          inventory.get('/stock/{id}', { path, timeout: PATIENCE, schema: Stock }),
          null,
        ),
        similar: optional(async () => {
          const suggested = recommendations.get('/similar/{id}', {
            path,
            query: { limit: 4 },
            timeout: PATIENCE,
            schema: Suggestions,
          });
          const ids = (await suggested).items.map(({ id }) => id);
          return cardsOf(request, ids, language);
        }, []),
        customer: optional(
          users.get('/users/{id}', { path: { id: customerId }, timeout: PATIENCE, schema: User }),
          null,
        ),
        bought: optional(
          orders.get('/orders', { query: { customerId }, timeout: PATIENCE, schema: Orders }),
          { items: [] },
        ),
      });
      return {
        product: toShown(found.product, language),
        availability: toAvailability(found.stock, language),
        deliverTo: found.customer && found.customer.address,
        lastBought: lastWith(path.id, found.bought.items, language),
        similar: found.similar,
      };
    },
  );

  app.get(
    '/products',
    { schema: { querystring: Listing, response: { 200: ProductListPage } } },
    async (request, reply) => {
      const { limit, ...rest } = request.query;
      const language = chooseLanguage(request, reply, LANGUAGES);
      // One more than the page, to know whether there is a next one.
      const query = { ...rest, limit: limit + 1 };
      const list = await request.upstreams.catalog.get('/products', { query, schema: Products });
      const items = list.items.slice(0, limit);
      const { stock } = await request.gather({
        stock: stockOf(
          request,
          items.map(({ id }) => id),
        ),
      });
      const cards = items.map((product, i) => toCard(product, stock[i] ?? null, language));
      return list.items.length > limit
        ? { items: cards, next: nextOf(request.query, items) }
        : { items: cards };
    },
  );
}

function nextOf({ limit, category }: z.output<typeof Listing>, items: readonly Product[]): string {
  const query = new URLSearchParams({
    ...(category === undefined ? {} : { category }),
    limit: String(limit),
    after: items.at(-1)?.id ?? '',
  });
  return `/web/products?${query.toString()}`;
}

const VIEWS = ['front', 'side', 'in-use'];

export function toShown(
  { id, name, category, description, price, currency, rating, reviews, attributes }: Product,
  language: Language,
): z.input<typeof ProductPage>['product'] {
  return {
    id,
    name,
    category,
    description,
    price: toMoney(price, currency, language),
    rating: { average: rating, count: reviews },
    pictures: VIEWS.map((view) => toPicture(id, name, view)),
    attributes,
  };
}

/** The newest of the orders, which come newest first, that has the product. */
export function lastWith(
  productId: string,
  orders: readonly Order[],
  language: Language,
): z.input<typeof ProductPage>['lastBought'] {
  const order = orders.find(({ lines }) => lines.some((line) => line.productId === productId));
  if (order === undefined) return null;
  const { id, placedAt } = order;
  return { orderId: id, href: `/web/orders/${id}`, ...toDate(placedAt, language) };
}
