/** What the operator's page tells of operations, and what can be ordered there. */
import { expect, test } from 'vitest';
import { violations } from '../admin/page/axe.ts';
import { describeBrowser, oneBrowser, openTab } from '../admin/page/browser.ts';
import { startShop as startPlainShop } from '../admin/page/shop.ts';
import { describePostgres } from '../helpers/postgres.ts';
import type { Resource } from './gateways.ts';
import { operatorOf, TOKEN } from './operators.ts';
import { PATIENCE_MS, sharedShop } from './shared-shop.ts';
import { FULFILMENT, ORDER } from './shop.ts';

oneBrowser();

const LOOKS = [
  [1_280, 'light'],
  [1_280, 'dark'],
  [390, 'light'],
  [390, 'dark'],
] as const;

describeBrowser('the page', { timeout: PATIENCE_MS }, () => {
  describePostgres('of a gateway with a store', () => {
    // People click while a call is held back.
    const { reserve, charge, ...later } = FULFILMENT.steps;
    const saga = { steps: { reserve, charge: { ...charge, timeout: '60s' }, ...later } };
    const shared = sharedShop({}, { admin: { token: TOKEN }, timeout: '60s', saga });
    const { ledger } = shared;
    const { read } = operatorOf(() => shared.shop);
    const adminUrl = () => shared.shop.gateway.gateway.adminUrl!;
    const started = async (): Promise<string> =>
      ((await (await shared.shop.start(ORDER)).json()) as Resource).id;
    const stuck = async (): Promise<string> => {
      ledger.fault = ({ path }) =>
        path.startsWith('/shipments') ? 409 : path === '/refunds' ? 500 : undefined;
      const id = await started();
      await shared.shop.ended(id);
      return id;
    };

    test('alarms about a stuck operation; it is retried with a reason, and the end is seen', async () => {
      const id = await stuck();
      const { page, go, faults } = await openTab(adminUrl(), { token: TOKEN });
      await go('');
      const alarm = page.getByRole('link', { name: /operations? (is|are) stuck/ });
      await alarm.waitFor();
      await alarm.click();
      const list = page.getByRole('region', { name: 'Stuck', exact: true });
      await list.getByRole('link', { name: `fulfilment ${id.slice(0, 8)}` }).click();
      const happened = page.getByRole('table', { name: 'What happened' });
      await happened.waitFor();
      expect(await happened.getByRole('rowheader').allInnerTexts()).toEqual([
        'reserve',
        'charge',
        'ship',
        'turns back at ship',
        'undo charge',
        'undo charge',
        'undo charge',
      ]);
      ledger.fault = () => undefined;
      await page.getByRole('button', { name: 'Retry charge' }).click();
      const dialog = page.getByRole('dialog', { name: 'fulfilment: retry charge' });
      await dialog.getByRole('button', { name: 'Retry charge' }).click();
      expect(await dialog.isVisible()).toBe(true);
      await dialog.getByLabel('Reason, for the log').fill('payments is back');
      await dialog.getByRole('button', { name: 'Retry charge' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await happened.getByText('operator: retry charge').waitFor();
      await happened.getByText('payments is back (from 127.0.0.1)').waitFor();
      await happened.getByText('undo reserve').waitFor();
      await expect.poll(() => page.getByRole('button', { name: 'Retry charge' }).count()).toBe(0);
      expect(await read(id)).toMatchObject({ status: 'failed', run: 2 });
      expect(faults).toEqual([]);
    });

    test('an order for a state that is no longer so is refused, and says why', async () => {
      const id = await stuck();
      const { page, go } = await openTab(adminUrl(), { token: TOKEN });
      await go(`operations/${id}`);
      await page.getByRole('button', { name: 'Skip charge' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Reason, for the log').fill('by hand');
      ledger.fault = () => undefined;
      const { order } = operatorOf(() => shared.shop);
      await order(id, 'retry', { step: 'charge', reason: 'sooner' });
      await shared.shop.ended(id);
      await dialog.getByRole('button', { name: 'Skip charge' }).click();
      await dialog.getByText('that was run 1: it is failed in run 2').waitFor();
    });

    test('what runs is cancelled, and lists are chosen by status', async () => {
      const called = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<undefined>();
      ledger.fault = ({ path }) => {
        if (path !== '/payments') return undefined;
        called.resolve();
        return goOn.promise;
      };
      const id = await started();
      await called.promise;
      const { page, go, faults } = await openTab(adminUrl(), { token: TOKEN });
      await go('operations');
      await page.getByRole('button', { name: 'Running', exact: true }).click();
      const rows = page.getByRole('table', { name: 'Operations', exact: true }).getByRole('link');
      await expect.poll(() => rows.allInnerTexts()).toEqual([`fulfilment ${id.slice(0, 8)}`]);
      await rows.first().click();
      await page.getByRole('button', { name: 'Cancel', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: 'fulfilment: cancel' });
      await dialog.getByLabel('Reason, for the log').fill('wrong price');
      await dialog.getByRole('button', { name: 'Cancel' }).last().click();
      await page.getByText('from 127.0.0.1: wrong price').waitFor();
      goOn.resolve(undefined);
      await page.getByText('stops before ship: cancelled').waitFor();
      expect(await shared.shop.ended(id)).toMatchObject({ failureReason: 'cancelled' });
      expect(faults).toEqual([]);
    });

    test.each(LOOKS)('is read by everybody at %i px, %s', async (width, colorScheme) => {
      const id = await stuck();
      const tab = await openTab(adminUrl(), { width, colorScheme, token: TOKEN });
      const { page, go, faults } = tab;
      for (const view of ['operations', `operations/${id}`]) {
        await go(view);
        await page.getByText('On its way…').waitFor({ state: 'hidden' });
        await page.getByRole('table').first().waitFor();
        const excess = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect([view, excess, await violations(tab)]).toEqual([view, 0, []]);
        const folder = process.env['SCREENSHOTS'];
        if (folder !== undefined) {
          const name = `${view.split('/').length}-${width}-${colorScheme}.png`;
          await page.screenshot({ path: `${folder}/${name}`, fullPage: true });
        }
      }
      expect(faults).toEqual([]);
    });

    test('is for bearers of the token', async () => {
      const { page, go } = await openTab(adminUrl());
      await go('operations');
      await page.getByText('This is for bearers of the admin token.').first().waitFor();
    });
  });

  test('of a gateway without a store has no view of operations', async () => {
    const shop = await startPlainShop();
    const { page, go, faults } = await openTab(shop.adminUrl, { token: TOKEN });
    await go('operations');
    await page.getByText('The config has no store, so there are none.').waitFor();
    await page.getByRole('link', { name: 'Mirrors', exact: true }).waitFor();
    expect(await page.getByRole('link', { name: 'Operations', exact: true }).count()).toBe(0);
    expect(faults).toEqual([]);
  });
});
