/** What a stub of an upstream answers: about 300 bytes of JSON, shaped like an order. */
export const ANSWER = JSON.stringify({
  id: '42',
  status: 'shipped',
  customer: { id: 'c-1017', name: 'Ada Example', tier: 'gold' },
  currency: 'EUR',
  total: 129.9,
  lines: [
    { sku: 'KB-87-DE', quantity: 1, price: 89.9 },
    { sku: 'CBL-USB-C-2M', quantity: 2, price: 20 },
  ],
  placedAt: '2026-11-02T09:14:07Z',
  shippedAt: '2026-11-03T16:40:00Z',
});
