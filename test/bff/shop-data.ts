/** What the services of the shop answer, with more in it than any screen shows. */
export const user = {
  id: 'u1',
  name: 'Ada Lovelace',
  email: 'ada@example.org',
  tier: 'gold',
  since: '2020-01-01',
  address: { street: 'Lindenstraße 12', city: 'Berlin', postcode: '10969', country: 'DE' },
  passwordHash: 'secret',
};

export const order = {
  id: '42',
  customerId: 'u1',
  status: 'shipped',
  placedAt: '2026-11-16T19:42:11.000Z',
  currency: 'EUR',
  total: 4_500,
  lines: [
    { productId: 'p1', name: 'Headphones', quantity: 1, price: 3_500, cost: 'secret' },
    { productId: 'p2', name: 'Notebook', quantity: 2, price: 500, cost: 'secret' },
  ],
  margin: 'secret',
};

export const payment = {
  status: 'captured',
  method: 'card',
  card: { brand: 'visa', last4: '4242', fingerprint: 'secret' },
  pspReference: 'secret',
};

export const product = {
  id: 'p1',
  name: 'Headphones',
  category: 'audio',
  description: 'Over-ear.',
  price: 17_900,
  currency: 'EUR',
  rating: 4.5,
  reviews: 12,
  images: ['/p1.jpg'],
  attributes: { colour: 'black' },
  supplier: 'secret',
};

export const stock = { available: 3, warehouse: 'north', leadTimeDays: 2, shelf: 'secret' };
export const reservation = { status: 'packed', warehouse: 'north', picker: 'secret' };
export const suggestions = {
  items: [{ id: 'p2', name: 'Kettle', price: 8_900, currency: 'EUR', score: 'secret' }],
};
