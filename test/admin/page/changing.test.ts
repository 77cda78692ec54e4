/** What an operator does: ask why, try, force a circuit, reload, go back. */
import { expect, test } from 'vitest';
import { describeBrowser, oneBrowser, openTab } from './browser.ts';
import { startShop, TOKEN } from './shop.ts';

oneBrowser();

describeBrowser('a route', { timeout: 60_000 }, () => {
  test('explains a request: the route that wins, the others, and the call', async () => {
    const shop = await startShop();
    const { page, go, faults } = await openTab(shop.adminUrl);
    await go('routes');
    await page.getByRole('link', { name: 'summary', exact: true }).click();
    const path = page.getByLabel('Path and query');
    expect(await path.inputValue()).toBe('/orders/1/summary');
    await path.press('Enter');
    const result = page.getByRole('region', { name: 'Result' });
    await result.getByText('passed on to the action of its route').waitFor();
    const items = await result.getByRole('listitem').allInnerTexts();
    expect(items[0]).toMatch(/^wins\s+summary GET \/orders\/\{id\}\/summary/);
    expect(items[1]).toMatch(/^outranked\s+orders .*\s+summary comes first/s);
    expect(items.find((item) => item.startsWith('payment'))).toMatch(
      /GET \/payments\/order\/1 to payments/,
    );

    await path.fill('/nowhere');
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await result.getByText('404 GW_ROUTE_NOT_FOUND').waitFor();
    await path.fill('no path');
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await result.getByText('a path begins with /').waitFor();
    expect(shop.log.lines().filter(({ msg }) => msg === 'request')).toEqual([]);
    expect(faults).toEqual([]);
  });

  test('is tried with token and reason, and the answer leads to its waterfall', async () => {
    const shop = await startShop();
    const { page, go, faults } = await openTab(shop.adminUrl);
    await go('routes/orders');
    await page.getByText('Headers and body').click();
    await page.getByLabel('Headers, one a line').fill('x-one: 1\nx-two: a: b');
    await page.getByRole('button', { name: 'Try it' }).click();
    const dialog = page.getByRole('dialog', { name: 'Try a request' });
    await dialog.getByLabel('Admin token').fill(TOKEN);
    await dialog.getByLabel('Reason, for the log').fill('does it answer?');
    await dialog.getByRole('button', { name: 'Send it' }).click();
    await page.getByText('"path": "/orders/1"').waitFor();
    await page.getByRole('link', { name: 'waterfall of' }).click();
    await page.getByRole('table', { name: 'Calls and attempts' }).waitFor();
    expect(faults).toEqual([]);
  });
});

describeBrowser('what changes the gateway', { timeout: 60_000 }, () => {
  test('a rollback wants token and reason, which the log has', async () => {
    const shop = await startShop();
    await shop.change({
      ...shop.config,
      routes: { only: { match: { path: '/only' }, respond: { status: 200 } } },
    });
    const { page, go, faults } = await openTab(shop.adminUrl);
    await go('config');
    await page.getByRole('button', { name: 'Compare generation 1' }).click();
    await page.getByText(/\d+ changes? since/).waitFor();
    await page.getByRole('button', { name: 'Roll back to generation 1' }).click();
    const dialog = page.getByRole('dialog', { name: 'Roll back to generation 1' });
    await dialog.getByLabel('Admin token').fill(TOKEN);
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    expect(await dialog.isVisible()).toBe(true);
    await dialog.getByLabel('Reason, for the log').fill('orders are gone');
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    await page.getByText('to generation 1, until the config files change').waitFor();
    await dialog.waitFor({ state: 'hidden' });
    expect((await shop.ask('/orders/1')).status).toBe(200);
    expect(JSON.stringify(shop.log.lines())).toContain('orders are gone');

    // The token stands; this one asks for the reason alone.
    await page.getByRole('button', { name: 'Reload' }).click();
    const reload = page.getByRole('dialog', { name: 'Reload the config' });
    expect(await reload.getByLabel('Admin token').count()).toBe(0);
    await reload.getByLabel('Reason, for the log').fill('forward again');
    await reload.getByRole('button', { name: 'Reload' }).click();
    await reload.waitFor({ state: 'hidden' });
    await expect.poll(async () => (await shop.ask('/only')).status).toBe(200);
    expect(faults).toEqual([]);
  });

  test('a circuit is held open, and handed back', async () => {
    const shop = await startShop();
    const { page, go } = await openTab(shop.adminUrl, { token: TOKEN });
    await go('upstreams/users');
    const card = page.getByRole('region', { name: 'users' });
    for (const [button, shown] of [
      ['Hold open: circuit of users', 'circuit held open'],
      ['Automatic: circuit of users', 'circuit closed'],
    ] as const) {
      await card.getByRole('button', { name: button }).click();
      await page.getByLabel('Reason, for the log').fill('maintenance');
      await page.getByRole('dialog').getByRole('button').last().click();
      await card.getByText(shown).waitFor();
    }
  });

  test('nothing is changed when the token is wrong, and it is asked for again', async () => {
    const shop = await startShop();
    const { page, go } = await openTab(shop.adminUrl, { token: 'a wrong one' });
    await go('upstreams');
    await page.getByRole('button', { name: 'Hold open: circuit of users' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason, for the log').fill('maintenance');
    await dialog.getByRole('button').last().click();
    await dialog.getByText('This is not the admin token.').waitFor();
    await dialog.getByLabel('Admin token').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(shop.gateway.status().upstreams.map(({ circuit }) => circuit)).toEqual([
      'closed',
      'closed',
      'closed',
    ]);
  });

  test('without admin.token, the page says how to set one, and sends nothing', async () => {
    const shop = await startShop({}, {});
    const { page, go, faults } = await openTab(shop.adminUrl);
    await go('config');
    await page.getByRole('button', { name: 'Reload' }).click();
    const dialog = page.getByRole('dialog', { name: 'Reload the config' });
    expect(await dialog.innerText()).toMatch(/admin:\n {2}token: \$\{file:/);
    expect(await dialog.getByRole('button').allInnerTexts()).toEqual(['Close']);
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect(faults).toEqual([]);
  });
});
