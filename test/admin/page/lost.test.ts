/** What the page does when the gateway is gone, and when it is back. */
import { expect, test } from 'vitest';
import { createGateway } from '../../../src/gateway.ts';
import { quietPort } from '../../helpers/quiet-port.ts';
import { CONFIG } from '../../reload/reloading.ts';
import { recordingLog } from '../../plugins/recording-log.ts';
import { describeBrowser, oneBrowser, openTab } from './browser.ts';
import { startShop } from './shop.ts';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

oneBrowser();

describeBrowser('a lost connection', { timeout: 60_000 }, () => {
  test('is told, what was known stays, and a restarted gateway is followed by itself', async () => {
    const port = await quietPort();
    const shop = await startShop({}, { port });
    const { page, go } = await openTab(shop.adminUrl);
    await go('routes');
    await page.getByRole('link', { name: 'summary', exact: true }).waitFor();
    await shop.gateway.close();
    const head = page.getByRole('banner');
    await head.getByText('Connection lost').waitFor();
    await head.getByRole('button', { name: 'Retry' }).waitFor();
    expect(await page.locator('#told').textContent()).toMatch(/^Connection lost: the gateway /);
    await page.getByRole('link', { name: 'summary', exact: true }).waitFor();

    const routes = { back: { match: { path: '/back' }, respond: { status: 200 } } };
    shop.write(CONFIG, {
      ...shop.config,
      version: 1,
      server: { port: 0 },
      routes,
      admin: { port },
    });
    const file = join(shop.folder, CONFIG);
    const again = await createGateway({ file, environment: {}, log: recordingLog().log });
    onTestFinished(async () => void (await again.close()));
    await again.listen();
    await head.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'back', exact: true }).waitFor();
    expect(await page.getByRole('link', { name: 'summary', exact: true }).count()).toBe(0);
    await expect
      .poll(() => page.locator('#told').textContent())
      .toMatch(/Connected again|restarted/);
  });

  test('before anything is known, the page says why it waits', async () => {
    const shop = await startShop();
    const { page } = await openTab(shop.adminUrl);
    await page.route('**/events', (route) =>
      route.fulfill({ status: 503, json: { error: '50 viewers are the most' } }),
    );
    await page.goto(shop.adminUrl);
    await page.getByText('Nothing is known yet: 50 viewers are the most.').waitFor();
  });
});
