/** What the page tells of routes that move. */
import { expect, test } from 'vitest';
import { describeBrowser, oneBrowser, openTab } from './browser.ts';
import { startShop, TOKEN } from './shop.ts';

oneBrowser();

describeBrowser('a migration', { timeout: 60_000 }, () => {
  test('shows each route with its sides and the next step, from second to second', async () => {
    const shop = await startShop();
    const { page, go, faults } = await openTab(shop.adminUrl, { token: TOKEN });
    await go('migration');
    const copied = page.getByRole('region', { name: 'copied' });
    const moving = page.getByRole('region', { name: 'moving' });
    await moving.waitFor();
    expect(await copied.textContent()).toContain('Comparing');
    expect(await moving.textContent()).toContain('grow: users has 50 %, raise its weight');
    await shop.ask('/copied/1');
    await shop.ask('/moving/1');
    await expect
      .poll(() => copied.textContent())
      .toMatch(/1 compared of at least 1,000, 100 % differ/);
    await expect.poll(() => moving.textContent()).toMatch(/50 %10 %[\d.]+ ms/);
    const order = await fetch(`${shop.adminUrl}/routes/moving/split`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ side: 'users', state: 'aborted', reason: 'wrong names' }),
    });
    expect(order.status).toBe(200);
    await moving.getByText('Next: repair users (wrong names)').waitFor();
    expect(await moving.textContent()).toMatch(/users went out .* ago: wrong names/);
    expect(faults).toEqual([]);
  });

  test('says how to begin where nothing moves', async () => {
    const shop = await startShop({ routes: { ping: { match: { path: '/ping' }, respond: {} } } });
    const { page, go } = await openTab(shop.adminUrl, { token: TOKEN });
    await go('migration');
    await page.getByText('No route has an owner, a split or a mirror.').waitFor();
  });

  test('is for bearers of the token', async () => {
    const shop = await startShop();
    const { page, go } = await openTab(shop.adminUrl);
    await go('migration');
    await page.getByText('This is for bearers of the admin token.').waitFor();
  });
});
