/** What the screens say, in the languages of the app. Texts come ready to show, so that the app needs no tables of its own. */

export const LANGUAGES = ['en', 'de', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

interface Words {
  readonly hello: (name: string) => string;
  readonly inStock: string;
  readonly inDays: (days: number) => string;
  readonly status: Readonly<Record<string, string>>;
}

export const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    hello: (name) => `Hello, ${name}`,
    inStock: 'In stock',
    inDays: (days) => `In ${days} days`,
    status: {
      placed: 'Placed',
      packed: 'Packed',
      shipped: 'On its way',
      delivered: 'Delivered',
      cancelled: 'Cancelled',
    },
  },
  de: {
    hello: (name) => `Hallo, ${name}`,
    inStock: 'Auf Lager',
    inDays: (days) => `In ${days} Tagen`,
    status: {
      placed: 'Bestellt',
      packed: 'Gepackt',
      shipped: 'Unterwegs',
      delivered: 'Zugestellt',
      cancelled: 'Storniert',
    },
  },
  fr: {
    hello: (name) => `Bonjour, ${name}`,
    inStock: 'En stock',
    inDays: (days) => `Sous ${days} jours`,
    status: {
      placed: 'Commandé',
      packed: 'Emballé',
      shipped: 'En route',
      delivered: 'Livré',
      cancelled: 'Annulé',
    },
  },
};

const formats = new Map<string, Intl.NumberFormat>();

/** An amount in minor units, as people of the language write it. */
export function money(amount: number, currency: string, language: Language): string {
  const key = `${language} ${currency}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(language, { style: 'currency', currency });
    // Currencies come from services: a bounded set, unless one of them is broken.
    if (formats.size < 100) formats.set(key, format);
  }
  return format.format(amount / 100);
}
