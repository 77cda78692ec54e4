/** The product type, and how a category's short rows become products. */

export type Category = 'audio' | 'kitchen' | 'outdoor' | 'office';

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly category: Category;
  /** A paragraph of plain text. */
  readonly description: string;
  /** In minor units: 12900 is 129.00. */
  readonly price: number;
  /** ISO 4217. */
  readonly currency: string;
  /** Mean of the reviews, 1 to 5. */
  readonly rating: number;
  /** How many reviews there are. */
  readonly reviews: number;
  readonly images: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
}

export const CURRENCY = 'EUR';

export type ProductRow = Omit<Product, 'category' | 'currency' | 'images'>;

/** Completes the rows of one category. The pictures are addresses only; nothing serves them. */
export function shelf(category: Category, rows: readonly ProductRow[]): Product[] {
  return rows.map((row) => ({ ...row, category, currency: CURRENCY, images: imagesOf(row.id) }));
}

function imagesOf(id: string): string[] {
  return ['front', 'side', 'in-use'].map((view) => `https://img.shop.example/${id}/${view}.jpg`);
}
