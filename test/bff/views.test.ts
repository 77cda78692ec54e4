import { describe, expect, test } from 'vitest';
import { HomeScreen, OrderScreen, toHomeScreen, toOrderScreen } from '../../bff/mobile/screens.ts';
import { AccountPage, ProductPage, toAccountPage, toProductPage } from '../../bff/web/pages.ts';
import { order, payment, product, reservation, stock, suggestions, user } from './shop-data.ts';

describe('the mobile screens', () => {
  test('home greets by the first name and shows three orders, counted and totalled', () => {
    const screen = toHomeScreen(user, [order, order, order, order], suggestions.items);

    expect(screen.greeting).toBe('Hello, Ada');
    expect(screen.recentOrders).toHaveLength(3);
    expect(screen.recentOrders[0]).toEqual({
      id: '42',
      status: 'shipped',
      items: 3,
      total: { amount: 4_500, currency: 'EUR' },
    });
    expect(screen.suggestions).toEqual([
      { id: 'p2', name: 'Kettle', price: { amount: 8_900, currency: 'EUR' } },
    ]);
    expect(HomeScreen.safeParse(screen).success).toBe(true);
  });

  test('home is a screen even of one who has ordered nothing', () => {
    const screen = toHomeScreen(user, [], []);
    expect(HomeScreen.safeParse(screen).success).toBe(true);
    expect([screen.recentOrders, screen.suggestions]).toEqual([[], []]);
  });

  test('an order says the last digits of the card, or nothing while payments cannot', () => {
    const paid = toOrderScreen(order, payment);
    expect(paid).toEqual({
      id: '42',
      status: 'shipped',
      total: { amount: 4_500, currency: 'EUR' },
      lines: [
        { name: 'Headphones', quantity: 1 },
        { name: 'Notebook', quantity: 2 },
      ],
      paidWith: '•••• 4242',
    });
    expect(toOrderScreen(order, null).paidWith).toBeNull();
    expect(OrderScreen.safeParse(paid).success).toBe(true);
  });
});

describe('the web pages', () => {
  test.each([
    [{ ...stock, available: 1 }, 'in stock'],
    [{ ...stock, available: 0, leadTimeDays: 4 }, 'in 4 days'],
    [null, 'unknown'],
  ])('a product with the stock %j is %s', (left, availability) => {
    const page = toProductPage(product, left, suggestions);
    expect(page.availability).toBe(availability);
    expect(page.product.price).toEqual({ amount: 17_900, currency: 'EUR' });
    expect(ProductPage.safeParse(page).success).toBe(true);
  });

  test('an account shows its newest order in full', () => {
    const page = toAccountPage(user, [order], { payment, reservation }, suggestions);
    expect(page.latest).toMatchObject({
      id: '42',
      payment: { status: 'captured', method: 'card', card: 'visa 4242' },
      delivery: { status: 'packed', warehouse: 'north' },
    });
    expect(AccountPage.safeParse(page).success).toBe(true);
  });

  test('an account without orders, or without an answer of payments, is a page', () => {
    const nothing = { payment: null, reservation: null };
    expect(toAccountPage(user, [], nothing, { items: [] }).latest).toBeNull();
    const page = toAccountPage(user, [order], nothing, { items: [] });
    expect(page.latest).toEqual({ id: '42', payment: null, delivery: null });
  });
});
