/** A browser signs in, then loads a page of many assets, goes away and back, and reloads. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { FakeAnswer, FakeRequest } from '../../../src/testing.ts';
import { describeBrowser, oneBrowser, openTab } from '../../admin/page/browser.ts';
import { startGateway } from '../../gateway/support/gateway.ts';
import { certificateFolder } from '../../listener/gateway.ts';
import { folderWith } from '../../routes/files/support/site.ts';

const ASSETS = 200;
const names = Array.from({ length: ASSETS }, (_, i) => `part-${i}.js`);
const NO_ICON = '<link rel="icon" href="data:,">';
const page = `<title>Shop</title>${NO_ICON}<h1>0</h1><a href="/other.html">away</a>
${names.map((name) => `<script type="module" src="/${name}"></script>`).join('\n')}`;
/** Each adds itself to the heading, and is long enough to be compressed. */
const asset = `const heading = document.querySelector('h1');
heading.textContent = String(Number(heading.textContent) + 1);
${'// what a bundler leaves behind\n'.repeat(100)}`;

/** Admits whoever has its cookie; its login is one click. */
function login({ path, headers }: FakeRequest): FakeAnswer {
  if (path === '/login') return { headers: { 'content-type': 'text/html' }, body: FORM };
  if (path === '/login/done') {
    return {
      status: 302,
      headers: { location: '/', 'set-cookie': 'session=ada; Path=/; HttpOnly' },
    };
  }
  if (String(headers['cookie']).includes('session=ada')) return { status: 204 };
  return { status: 302, headers: { location: '/login' } };
}
const FORM = `${NO_ICON}<form action="/login/done"><button>Log in</button></form>`;

async function startShop(): Promise<string> {
  const { cert, key } = certificateFolder();
  const root = folderWith({
    'index.html': page,
    'other.html': `${NO_ICON}<h1>elsewhere</h1>`,
    ...Object.fromEntries(names.map((name) => [name, asset])),
  });
  const { url } = await startGateway({
    config: {
      server: { tls: { cert, key } },
      routes: {
        login: { match: { path: '/login/*' }, upstream: 'login' },
        site: {
          match: { path: '/*' },
          forwardAuth: { upstream: 'login', path: '/check', answers: 'pass', headers: ['cookie'] },
          files: { root, maxAge: '0s' },
          compress: {},
        },
      },
    },
    upstreams: { login },
  });
  return url;
}

interface Loaded {
  readonly status: number;
  readonly protocol: string;
  readonly encoding: string | undefined;
}

/** What the server answered for each asset. */
async function assetsOf(tab: Page, act: () => Promise<unknown>): Promise<Loaded[]> {
  const session = await tab.context().newCDPSession(tab);
  await session.send('Network.enable');
  const loaded = new Map<string, Loaded>();
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (!response.url.includes('/part-')) return;
    const { status, protocol = '', headers } = response;
    loaded.set(requestId, { status, protocol, encoding: headers['content-encoding'] });
  });
  // Of an answer from its cache that was revalidated, only this one has the status that came.
  session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
    const known = loaded.get(requestId);
    if (known !== undefined) loaded.set(requestId, { ...known, status: statusCode });
  });
  await act();
  await tab.getByRole('heading', { name: String(ASSETS), exact: true }).waitFor();
  await session.detach();
  return [...loaded.values()];
}

describeBrowser('a page of many assets behind a login', () => {
  oneBrowser();

  test('comes compressed over HTTP/2, and is not sent again on the way back or at a reload', async () => {
    const url = await startShop();
    const { page: tab, faults } = await openTab(url, { acceptsAnyCertificate: true });
    await tab.goto(url);
    expect(new URL(tab.url()).pathname).toBe('/login');
    const first = await assetsOf(tab, () => tab.getByRole('button', { name: 'Log in' }).click());
    expect(first).toHaveLength(ASSETS);
    expect(new Set(first.map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ status: 200, protocol: 'h2', encoding: 'zstd' })]),
    );

    await tab.getByRole('link', { name: 'away' }).click();
    await tab.getByRole('heading', { name: 'elsewhere' }).waitFor();
    await assetsOf(tab, () => tab.goBack());
    const again = await assetsOf(tab, () => tab.reload());
    expect(again.map(({ status }) => status)).toEqual(names.map(() => 304));
    expect(faults).toEqual([]);
  });
});
