/** What several pages show in the same way: money, pictures, products in a row, dates. Pure. */
import { z } from 'portico';
import type { Order, Product, Stock } from './services.ts';

export const LANGUAGES = ['en', 'de', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** As a number to count with, and as people of the language write it. */
export const Money = z.object({ amount: z.int(), currency: z.string(), text: z.string() });

/** Every width there is, for `srcset`. */
const Picture = z.object({
  alt: z.string(),
  src: z.string(),
  srcset: z.array(z.object({ src: z.string(), width: z.int() })),
});

export const Availability = z.object({
  /** `unknown` while the inventory cannot say. */
  state: z.enum(['in-stock', 'later', 'unknown']),
  text: z.string(),
  warehouse: z.string().optional(),
});

/** A product in a row of products. */
export const Card = z.object({
  id: z.string(),
  name: z.string(),
  category: z.string(),
  teaser: z.string(),
  price: Money,
  rating: z.object({ average: z.number(), count: z.int() }),
  picture: Picture,
  availability: Availability,
  href: z.string(),
});

export const OrderCard = z.object({
  id: z.string(),
  href: z.string(),
  status: z.string(),
  placedAt: z.object({ at: z.string(), text: z.string() }),
  total: Money,
  lines: z.array(
    z.object({
      productId: z.string(),
      name: z.string(),
      quantity: z.int(),
      price: Money,
      picture: Picture,
      href: z.string(),
    }),
  ),
});

/** Pixels. */
const WIDTHS = [160, 320, 640, 1280];

const WORDS = {
  en: { inStock: 'In stock', later: 'In {days} days', unknown: 'Availability unknown' },
  de: { inStock: 'Auf Lager', later: 'In {days} Tagen', unknown: 'Verfügbarkeit unbekannt' },
  fr: { inStock: 'En stock', later: 'Sous {days} jours', unknown: 'Disponibilité inconnue' },
} as const satisfies Record<Language, object>;

export function toMoney(amount: number, currency: string, language: Language) {
  return { amount, currency, text: moneyFormat(language, currency).format(amount / 100) };
}

export function toPicture(id: string, name: string, view = 'front'): z.input<typeof Picture> {
  const at = (width: number): string => `/web/images/${id}/${view}?width=${width}`;
  return {
    alt: name,
    src: at(640),
    srcset: WIDTHS.map((width) => ({ src: at(width), width })),
  };
}

export function toAvailability(
  stock: Stock | null,
  language: Language,
): z.input<typeof Availability> {
  const { inStock, later, unknown } = WORDS[language];
  if (stock === null) return { state: 'unknown', text: unknown };
  const { available, leadTimeDays, warehouse } = stock;
  return available > 0
    ? { state: 'in-stock', text: inStock, warehouse }
    : { state: 'later', text: later.replace('{days}', String(leadTimeDays)), warehouse };
}

export function toCard(
  { id, name, category, description, price, currency, rating, reviews }: Product,
  stock: Stock | null,
  language: Language,
): z.input<typeof Card> {
  return {
    id,
    name,
    category,
    teaser: `${description.split('. ')[0]!.replace(/\.$/, '')}.`,
    price: toMoney(price, currency, language),
    rating: { average: rating, count: reviews },
    picture: toPicture(id, name),
    availability: toAvailability(stock, language),
    href: `/web/products/${id}`,
  };
}

export function toOrderCard(
  { id, status, placedAt, total, currency, lines }: Order,
  language: Language,
): z.input<typeof OrderCard> {
  return {
    id,
    href: `/web/orders/${id}`,
    status,
    placedAt: toDate(placedAt, language),
    total: toMoney(total, currency, language),
    lines: lines.map(({ productId, name, quantity, price }) => ({
      productId,
      name,
      quantity,
      price: toMoney(price, currency, language),
      picture: toPicture(productId, name),
      href: `/web/products/${productId}`,
    })),
  };
}

/** In UTC, because the answer may be kept by browsers in any zone. */
export function toDate(at: string, language: Language) {
  return { at, text: DATES[language].format(new Date(at)) };
}

const dates = (language: Language) =>
  new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' });
const DATES = { en: dates('en'), de: dates('de'), fr: dates('fr') };

const formats = new Map<string, Intl.NumberFormat>();

function moneyFormat(language: Language, currency: string): Intl.NumberFormat {
  const key = `${language} ${currency}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(language, { style: 'currency', currency });
    // Currencies come from services: a bounded set, unless one of them is broken.
    if (formats.size < 100) formats.set(key, format);
  }
  return format;
}
