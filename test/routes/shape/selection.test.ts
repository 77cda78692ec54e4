import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isGatewayError } from '../../../src/core/errors.ts';
import { select } from '../../../src/routes/shape/pick.ts';
import { parseSelection } from '../../../src/routes/shape/selection.ts';

const VALUE = {
  id: 7,
  total: 1.5,
  items: [
    { sku: 'a', price: { net: 1, gross: 2 } },
    { sku: 'b', price: { net: 3, gross: 4 } },
  ],
  customer: { name: 'Ada', address: { city: 'Turin', street: 'Via Po' } },
  tags: ['x', 'y'],
  note: null,
};

test.each([
  ['id', { id: 7 }],
  ['id,total', { id: 7, total: 1.5 }],
  ['customer(name)', { customer: { name: 'Ada' } }],
  ['customer.name', { customer: { name: 'Ada' } }],
  ['customer(name,address(city))', { customer: { name: 'Ada', address: { city: 'Turin' } } }],
  ['customer.address(city)', { customer: { address: { city: 'Turin' } } }],
  [
    'items(sku,price.net)',
    {
      items: [
        { sku: 'a', price: { net: 1 } },
        { sku: 'b', price: { net: 3 } },
      ],
    },
  ],
  ['customer(name),customer', { customer: VALUE.customer }],
  [
    'customer.name,customer.address.city',
    { customer: { name: 'Ada', address: { city: 'Turin' } } },
  ],
  ['note', { note: null }],
  ['note(a)', {}],
  ['tags(a)', { tags: [] }],
  ['nothing,id', { id: 7 }],
])('%s selects', (text, selected) => {
  expect(select(VALUE, parseSelection(text))).toEqual(selected);
});

test.each([
  ['', 'has no name before its end'],
  [',', 'has no name before ,'],
  ['id,', 'has no name before its end'],
  ['id,,total', 'has no name before ,'],
  ['customer()', 'has no name before )'],
  ['customer(name', 'has a ( that is not closed'],
  ['customer(name))', 'has a ) that closes nothing'],
  ['(id)', 'has no name before ('],
  ['customer.', 'has no name before its end'],
  ['customer(name)id', 'has no comma before id'],
  ['customer(address(city)name)', 'has no comma before name'],
  ['customer(', 'has no name before its end'],
  [Array.from({ length: 17 }, () => 'a').join('.'), 'is nested deeper than 16'],
  [Array.from({ length: 201 }, (_, i) => i).join(), 'names more than 200 fields'],
  ['a'.repeat(2_001), 'is longer than 2000 characters'],
])('%s is refused', (text, why) => {
  expect(() => parseSelection(text)).toThrow(`the query parameter fields ${why}`);
});

test('whatever a client sends is read or refused, and what is read selects without a fault', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'id', '(', ')', ',', '.', '__proto__', ' ', '*', '[]'),
    maxLength: 40,
  });
  fc.assert(
    fc.property(text, fc.object(), (fields, value) => {
      try {
        select(value, parseSelection(fields));
      } catch (error) {
        expect(isGatewayError(error)).toBe(true);
      }
    }),
  );
});
