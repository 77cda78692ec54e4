/** The home page: who it is, what they bought, what they might like, and what everybody likes. */
import { chooseLanguage, optional, readCookie, setCookie, z } from 'portico';
import { cardsOf, PATIENCE, stockOf } from './cards.ts';
import { type App, Orders, Products, Suggestions, User } from './services.ts';
import { Card, LANGUAGES, OrderCard, toCard, toOrderCard } from './shown.ts';

const THEMES = ['light', 'dark', 'system'] as const;
const Theme = z.enum(THEMES);

export const HomePage = z.object({
  customer: z.object({ name: z.string(), tier: z.string() }),
  theme: Theme,
  orders: z.array(OrderCard),
  recommended: z.array(Card),
  featured: z.array(Card),
});

export function addHome(app: App): void {
  app.get('/home', { schema: { response: { 200: HomePage } } }, async (request, reply) => {
    const { users, orders, catalog, recommendations } = request.upstreams;
    const language = chooseLanguage(request, reply, LANGUAGES);
    const id = request.consumer?.id ?? '';
    const { user, recent, recommended, featured } = await request.gather({
      user: users.get('/users/{id}', { path: { id }, schema: User }),
      recent: orders.get('/orders', { query: { customerId: id, limit: 3 }, schema: Orders }),
      recommended: optional(async () => {
        const suggested = recommendations.get('/for-user/{id}', {
          path: { id },
          query: { limit: 4 },
          timeout: PATIENCE,
          schema: Suggestions,
        });
        const ids = (await suggested).items.map((each) => each.id);
        return cardsOf(request, ids, language);
      }, []),
      featured: async () => {
        const { items } = await catalog.get('/products', {
          query: { limit: 4 },
          schema: Products,
        });
        const { stock } = await request.gather({
          stock: stockOf(
            request,
            items.map((product) => product.id),
          ),
        });
        return items.map((product, i) => toCard(product, stock[i] ?? null, language));
      },
    });
    const theme = Theme.safeParse(readCookie(request, 'theme'));
    return {
      customer: { name: user.name, tier: user.tier },
      theme: theme.success ? theme.data : 'system',
      orders: recent.items.map((order) => toOrderCard(order, language)),
      recommended,
      featured,
    };
  });

  app.put(
    '/theme',
    { schema: { body: z.strictObject({ theme: Theme }), response: { 204: z.null() } } },
    (request, reply) => {
      // Scripts of the page read it, to draw nothing in the wrong colours.
      setCookie(reply, 'theme', request.body.theme, {
        maxAge: '365d',
        path: '/web',
        httpOnly: false,
      });
      reply.code(204);
      return null;
    },
  );
}
