/** The reference page in a browser, with nothing but the gateway to talk to. */
import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeBrowser, oneBrowser, openTab } from '../admin/page/browser.ts';
import { startDemo } from './demo.ts';

const PICTURES = process.env['PICTURES'];

describeBrowser('the reference page', { timeout: 30_000 }, () => {
  oneBrowser();

  test('shows the document and sends requests, without the network', async () => {
    const { url, token } = await startDemo();
    const { page, context, faults } = await openTab(url, { width: 1_100 });
    const asked: string[] = [];
    await context.route('**', (route) => {
      asked.push(route.request().url());
      return route.request().url().startsWith(url) ? route.continue() : route.abort();
    });
    await page.goto(`${url}/docs`);
    expect(await page.title()).toBe('Shop');
    const order = page.locator('#getOrder');
    await order.locator('summary').first().click();
    await order.locator('input[name=id]').fill('42');
    await order.getByRole('button', { name: 'Send' }).click();
    await order.locator('output', { hasText: '401' }).waitFor();
    await page.getByLabel('Token').fill(token);
    await order.getByRole('button', { name: 'Send' }).click();
    await order.locator('output', { hasText: '"customerId": "u1"' }).waitFor();
    await page.getByLabel('Find').fill('similar nothing');
    await page.getByText('Nothing is called that.').waitFor();
    await page.getByLabel('Find').fill('place order');
    expect(await page.locator('.operation:visible').count()).toBe(1);
    expect(asked.filter((each) => !each.startsWith(url))).toEqual([]);
    expect(faults.filter((each) => !each.includes('401'))).toEqual([]);
  });

  test.each([
    ['light', 1_100],
    ['dark', 1_100],
    ['light', 360],
    ['dark', 360],
  ] as const)('fits into the window, %s and %d pixels wide', async (colorScheme, width) => {
    const { url } = await startDemo();
    const { page, faults } = await openTab(url, { width, colorScheme });
    await page.goto(`${url}/docs#order-summary_get_api_orders_id_summary`);
    await page.locator('#placeOrder > summary').click();
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    if (PICTURES !== undefined) {
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: `${PICTURES}/${colorScheme}-${width}.png`, fullPage: true });
    }
    expect(wide).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
  });
});
