/** What the page tells of mirrors. */
import { expect, test } from 'vitest';
import { describeBrowser, oneBrowser, openTab } from './browser.ts';
import { startShop, TOKEN } from './shop.ts';

oneBrowser();

describeBrowser('a mirror', { timeout: 60_000 }, () => {
  test('is listed with what differs, and each answer that did with the way to its request', async () => {
    const shop = await startShop();
    const { page, go, faults } = await openTab(shop.adminUrl, { token: TOKEN });
    await go('mirrors');
    const row = page.getByRole('row').filter({ hasText: 'copied → users' });
    await row.waitFor();
    expect(await row.textContent()).toContain('not yet: 0 of 1000 compared');
    await shop.ask('/copied/7?secret=1');
    await expect.poll(() => row.textContent()).toMatch(/not yet: 1 of 1000 compared.*100 %name 1/);
    await row.getByRole('link').click();
    const seen = page.getByRole('row').filter({ hasText: 'GET /copied/7' });
    await seen.waitFor();
    expect(await seen.textContent()).toContain('name value: string(6), string(5)');
    expect(await page.content()).not.toContain('secret');
    await seen.getByRole('link').click();
    await page.getByRole('heading', { name: 'GET /copied/7' }).waitFor();
    expect(faults).toEqual([]);
  });

  test('is told of a request that is explained', async () => {
    const shop = await startShop();
    const { page, go } = await openTab(shop.adminUrl, { token: TOKEN });
    await go('explain');
    await page.getByLabel('Path and query').fill('/copied/1');
    await page.getByLabel('Path and query').press('Enter');
    const line = page.getByRole('listitem').filter({ hasText: 'mirror' });
    await line.waitFor();
    expect(await line.textContent()).toContain(
      '/copied/1 to users, 100 % of the requests, compared',
    );
  });
});
