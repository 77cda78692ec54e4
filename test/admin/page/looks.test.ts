/** That everybody can read the page: on phones, by screen reader, by keyboard alone, with hostile names, with many routes. */
import { expect, test } from 'vitest';
import { violations } from './axe.ts';
import { describeBrowser, oneBrowser, openTab } from './browser.ts';
import { startShop, TOKEN } from './shop.ts';

oneBrowser();

const VIEWS = [
  '',
  'routes',
  'routes/orders',
  'upstreams',
  'mirrors',
  'mirrors/copied',
  'migration',
  'config',
  'problems',
  'requests',
  'explain',
];

describeBrowser.each([
  { width: 1_280, colorScheme: 'light' },
  { width: 1_280, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
] as const)('at $width px, $colorScheme', { timeout: 120_000 }, ({ width, colorScheme }) => {
  test('no view scrolls sideways, breaks the policy, or is hard to read', async () => {
    const shop = await startShop();
    const tab = await openTab(shop.adminUrl, { width, colorScheme, token: TOKEN });
    const { page, go, faults } = tab;
    await shop.kill('payments');
    for (let i = 0; i < 6; i += 1) await shop.ask('/orders/1/summary');
    await shop.ask('/copied/1');
    await shop.change({ ...shop.config, routes: { a: {} } });
    const { requests } = (await (
      await fetch(`${shop.adminUrl}/requests`, { headers: { authorization: `Bearer ${TOKEN}` } })
    ).json()) as { requests: readonly { readonly id: string }[] };
    for (const view of [...VIEWS, `requests/${requests[0]!.id}`]) {
      await go(view);
      await page.getByText('On its way…').waitFor({ state: 'hidden' });
      if (view === 'explain') {
        await page.getByLabel('Path and query').fill('/orders/1/summary');
        await page.getByLabel('Path and query').press('Enter');
        await page.getByRole('heading', { name: 'Outcome' }).waitFor();
      }
      const excess = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect([view, excess]).toEqual([view, 0]);
      // What is serious at one width is so at the other; the colours differ.
      if (width === 1_280) expect([view, await violations(tab)]).toEqual([view, []]);
    }
    expect(faults).toEqual([]);
  });
});

describeBrowser('by keyboard alone', { timeout: 60_000 }, () => {
  test('every view is reached, and a circuit is forced', async () => {
    const shop = await startShop();
    const { page, go } = await openTab(shop.adminUrl, { token: TOKEN });
    await go('');
    const focused = (): Promise<string> =>
      page.evaluate(
        'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent',
      );
    const tabTo = async (name: string): Promise<void> => {
      for (let i = 0; i < 60 && (await focused()) !== name; i += 1)
        await page.keyboard.press('Tab');
      expect(await focused()).toBe(name);
    };
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to content');
    for (const view of ['Routes', 'Config', 'Problems', 'Requests', 'Explain', 'Upstreams']) {
      await tabTo(view);
      await page.keyboard.press('Enter');
      // The heading gets the focus, so that a screen reader begins there.
      await expect.poll(focused).toBe(view);
      await page.keyboard.press('Shift+Tab');
      for (let i = 0; i < 12; i += 1) await page.keyboard.press('Shift+Tab');
    }
    await page.getByRole('heading', { name: 'Upstreams' }).focus();
    await tabTo('Hold open: circuit of payments');
    await page.keyboard.press('Enter');
    await page.keyboard.type('by hand');
    await page.keyboard.press('Enter');
    await page.getByText('circuit held open', { exact: true }).waitFor();
    expect(await focused()).toBe('Hold open: circuit of payments');
  });
});

describeBrowser('hostile names', { timeout: 60_000 }, () => {
  const EVIL = `<img src=x onerror=alert(1)>'"><script>alert(2)</script>`;
  /** What a config cannot name, a gateway that is not ours may. */
  const ROUTES = [EVIL, '../javascript:alert(3)#/config'].map((name) => ({
    name,
    match: [`any /${name}`],
    action: name,
    plugins: [name],
  }));

  test('are text in every view, and the policy has nothing to refuse', async () => {
    const shop = await startShop();
    const { page, go, faults } = await openTab(shop.adminUrl, { token: TOKEN });
    await page.route('**/routes', (route) =>
      route.fulfill({ json: { generation: 1, routes: ROUTES } }),
    );
    await shop.kill('orders');
    await shop.ask('/orders/%3Cimg%20src=x%20onerror=alert(4)%3E');
    await shop.ask('/none/<script>alert(5)</script>');
    await shop.change({ ...shop.config, [EVIL]: EVIL, routes: { [EVIL]: {} } });
    const migration = {
      windowSeconds: 60,
      unused: [EVIL],
      routes: ROUTES.map(({ name, match }) => ({
        route: name,
        match,
        owner: name,
        sides: [{ upstream: name, share: 0, aborted: { at: name, why: name } }],
        mirrors: [
          {
            upstream: name,
            comparison: {
              compared: 1,
              minimum: 1,
              ratio: 1,
              fields: [{ field: name, answers: 1 }],
            },
          },
        ],
        changed: { at: name, generation: 1 },
        next: { step: name, words: name },
      })),
    };
    await page.route('**/migration', (route) => route.fulfill({ json: migration }));
    const views = [
      '',
      'migration',
      'routes',
      `routes/${encodeURIComponent(EVIL)}`,
      'problems',
      'requests',
      'config',
      EVIL,
      '%',
    ];
    for (const view of views) {
      await go(view);
      await page.getByText('On its way…').waitFor({ state: 'hidden' });
      const markup = 'document.querySelectorAll("main img, main script, header img").length';
      expect([view, await page.evaluate(markup)]).toEqual([view, 0]);
    }
    for (const { name } of ROUTES) {
      await go('routes');
      await page.getByRole('link', { name, exact: true }).click();
      const heading = page.getByRole('heading', { level: 1 });
      await expect.poll(() => heading.textContent()).toBe(name);
      expect(page.url()).toBe(`${shop.adminUrl}/#/routes/${encodeURIComponent(name)}`);
    }
    expect(faults).toEqual([]);
  });
});

describeBrowser('ten thousand routes', { timeout: 120_000 }, () => {
  test('are filtered at once, and few of them are drawn', async () => {
    const routes = Array.from({ length: 10_000 }, (_each, i) => ({
      name: `route-${i}`,
      match: [`any /r${i}/*`],
      action: 'forward to orders',
      plugins: [],
    }));
    const shop = await startShop();
    const { page, go, faults } = await openTab(shop.adminUrl);
    await page.route('**/routes', (route) => route.fulfill({ json: { generation: 1, routes } }));
    await go('routes');
    await page.getByText('10,000 routes').waitFor();
    const rows = page.getByRole('row');
    expect(await rows.count()).toBe(101);
    await page.getByRole('button', { name: 'Show 100 more' }).click();
    await expect.poll(() => rows.count()).toBe(201);
    await page.getByRole('searchbox').fill('/r9999');
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByRole('link', { name: 'route-9999' }).click();
    await page.getByRole('heading', { name: 'route-9999' }).waitFor();
    expect(faults).toEqual([]);
  });
});
