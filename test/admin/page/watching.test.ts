/** What an operator sees without touching anything. */
import { expect, test } from 'vitest';
import { describeBrowser, oneBrowser, openTab } from './browser.ts';
import { startShop, TOKEN } from './shop.ts';

oneBrowser();

describeBrowser('the overview', { timeout: 60_000 }, () => {
  test('shows with the next snapshot that the circuit of a dead service is open, why, and until when', async () => {
    const shop = await startShop();
    const { page, go, faults } = await openTab(shop.adminUrl);
    await go('');
    await page.getByText('Nothing is wrong.').waitFor();

    await shop.kill('payments');
    for (let i = 0; i < 6; i += 1) await shop.ask('/payments/1');
    const alarm = page.getByRole('listitem').filter({ hasText: 'payments: circuit open' });
    await alarm.waitFor();

    expect(await alarm.textContent()).toMatch(
      /GW_UPSTREAM_CONNECT \(ECONNREFUSED\) · for \d s · next probe in \d+ s/,
    );
    expect(await page.title()).toMatch(/^\(\d\) Overview/);
    await expect
      .poll(() => page.locator('#told').textContent())
      .toContain('payments: circuit open');
    expect(faults).toEqual([]);
  });

  test('plots what comes, and tells the figures as text', async () => {
    const shop = await startShop();
    const { page, go, faults } = await openTab(shop.adminUrl);
    await go('');
    for (let i = 0; i < 20; i += 1) await shop.ask('/orders/1');
    const plot = page.getByRole('figure').filter({ hasText: 'Requests' });
    await expect.poll(() => plot.textContent()).toMatch(/all [\d.]+\/s/);
    expect(await plot.locator('canvas').count()).toBe(1);
    await page.getByRole('link', { name: 'orders', exact: true }).first().waitFor();
    expect(faults).toEqual([]);
  });

  test('shows a rejected config with its fault, until one is accepted', async () => {
    const shop = await startShop();
    const { page, go } = await openTab(shop.adminUrl);
    await go('');
    await shop.change({
      ...shop.config,
      routes: { a: { match: { path: '/' }, upstrem: 'orders' } },
    });
    const alarm = page.getByRole('listitem').filter({ hasText: 'Config rejected' });
    await alarm.waitFor();
    expect(await alarm.textContent()).toMatch(
      /gateway\.config\.yaml:\d+:\d+ .*did you mean "upstream"\?/,
    );
    await shop.change(shop.config);
    await page.getByText('Nothing is wrong.').waitFor();
    await expect.poll(() => page.locator('#told').textContent()).toContain('Over: Config rejected');
  });
});

describeBrowser('a request', { timeout: 60_000 }, () => {
  test('of an aggregate has a waterfall of its parts, with what failed and why', async () => {
    const shop = await startShop();
    const { page, go, faults } = await openTab(shop.adminUrl, { token: TOKEN });
    await shop.kill('payments');
    await shop.ask('/orders/42/summary');
    await go('requests');
    await page.getByRole('link', { name: 'GET /orders/42/summary' }).click();
    const table = page.getByRole('table', { name: 'Calls and attempts' });
    await table.waitFor();
    const rows = await table.getByRole('row').allInnerTexts();
    const calls = rows.filter((row) => row.includes('→'));
    expect(new Set(calls.map((row) => /\w+ → \w+/.exec(row)?.[0]))).toEqual(
      new Set(['order → orders', 'payment → payments', 'customer → users']),
    );
    expect(calls.find((row) => row.includes('payment'))).toMatch(
      /GW_UPSTREAM_CONNECT\s+ECONNREFUSED/,
    );
    expect(await page.getByText('payment (').textContent()).toMatch(/payment \([a-z-]+\)/);
    expect(faults).toEqual([]);
  });

  test('that failed is a problem with its cause, as soon as it has failed', async () => {
    const shop = await startShop();
    const { page, go } = await openTab(shop.adminUrl, { token: TOKEN });
    await go('problems');
    await page.getByText('None.').waitFor();
    await shop.kill('payments');
    await shop.ask('/payments/7?secret=1');
    const row = page.getByRole('row').filter({ hasText: 'GET /payments/7' });
    await row.waitFor();
    expect(await row.textContent()).toContain('ECONNREFUSED');
    expect(await page.content()).not.toContain('secret');
  });

  test('is for bearers of the token alone: others are asked for it', async () => {
    const shop = await startShop();
    await shop.ask('/orders/1');
    const { page, go } = await openTab(shop.adminUrl);
    await go('requests');
    await page.getByRole('button', { name: 'Enter token' }).last().click();
    const dialog = page.getByRole('dialog', { name: 'Admin token' });
    await dialog.getByLabel('Admin token').fill('a wrong one');
    await dialog.getByRole('button', { name: 'Use it' }).click();
    await dialog.getByText('This is not the admin token.').waitFor();
    await dialog.getByLabel('Admin token').fill(TOKEN);
    await dialog.getByRole('button', { name: 'Use it' }).click();
    await page.getByRole('link', { name: 'GET /orders/1' }).waitFor();
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(TOKEN);
  });
});
