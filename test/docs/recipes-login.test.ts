/** docs/recipes/login.md: browsers sign in at a stand-in for oauth2-proxy and for Authelia. */
import { describe, expect, test } from 'vitest';
import type { FakeAnswer, FakeRequest, TestGateway } from '../../src/testing.ts';
import { describeBrowser, oneBrowser, openTab } from '../admin/page/browser.ts';
import { CookieJar } from '../helpers/cookie-jar.ts';
import { Page } from '../helpers/page.ts';
import { served } from './served.ts';

const [oauth2Proxy, authelia] = new Page('docs/recipes/login.md').blocks('yaml');
const HOME = { 'shop.example.com': '127.0.0.1' };

const shop = ({ path, query, headers }: FakeRequest): FakeAnswer => ({
  headers: { 'content-type': 'text/html' },
  body: `<h1>${String(headers['x-auth-request-user'])} at ${path}${query}</h1>`,
});

const redirect = (location: string, cookie?: string): FakeAnswer => ({
  status: 302,
  headers: { location, ...(cookie !== undefined && { 'set-cookie': cookie }) },
});

const form = (state: string): string =>
  `<form action="/oauth2/callback"><input name="state" value="${state}"><button>Log in</button></form>`;

/** Answers as oauth2-proxy does: behind a reverse proxy, with `static://202`; its provider is a form. */
function standIn({ path, query, headers }: FakeRequest): FakeAnswer {
  const cookies = String(headers['cookie'] ?? '');
  const user = /_oauth2_proxy=(\w+)/.exec(cookies)?.[1];
  const state = new URLSearchParams(query).get('state') ?? '';
  switch (path) {
    case '/': {
      if (user !== undefined) return admitted(user);
      const back = encodeURIComponent(String(headers['x-forwarded-uri']));
      return redirect(`/oauth2/form?state=${back}`, '_csrf=1; Path=/');
    }
    case '/oauth2/auth':
      return user === undefined ? { status: 401, body: 'Unauthorized\n' } : admitted(user);
    case '/oauth2/form':
      return { headers: { 'content-type': 'text/html' }, body: form(state) };
    case '/oauth2/callback':
      if (!cookies.includes('_csrf=1')) return { status: 403 };
      return redirect(state, '_oauth2_proxy=ada; Path=/; HttpOnly');
    default:
      return { status: 404 };
  }
}

/** A session of `old` is renewed. */
const admitted = (user: string): FakeAnswer => ({
  status: 202,
  headers: {
    'x-auth-request-user': user,
    ...(user === 'old' && { 'set-cookie': '_oauth2_proxy=ada; Path=/; HttpOnly' }),
  },
});

const withOauth2Proxy = (): Promise<TestGateway> =>
  served(oauth2Proxy!, { replace: HOME, upstreams: { shop, 'oauth2-proxy': standIn } });

describe('oauth2-proxy', () => {
  test('signs a browser in, which is led back to where it wanted to go', async () => {
    const { fetch } = await withOauth2Proxy();
    const jar = new CookieJar();
    const ask = async (path: string): Promise<Response> => {
      const response = await fetch(path, { headers: { cookie: jar.header } });
      jar.take(response);
      return response;
    };

    const toLogin = await ask('/cart?item=7&n=%2F');
    expect(toLogin.status).toBe(302);
    const login = await ask(toLogin.headers.get('location')!);
    const state = /value="([^"]+)"/.exec(await login.text())![1]!;
    const back = await ask(`/oauth2/callback?state=${encodeURIComponent(state)}`);
    expect([back.status, back.headers.get('location')]).toEqual([302, '/cart?item=7&n=%2F']);
    const page = await ask(back.headers.get('location')!);
    expect([page.status, await page.text()]).toEqual([200, '<h1>ada at /cart?item=7&n=%2F</h1>']);
  });

  test('answers scripts 401, and tells upstreams who it is', async () => {
    const { fetch, seen } = await withOauth2Proxy();
    const anonymous = await fetch('/api/cart', { headers: { 'x-auth-request-user': 'root' } });
    expect([anonymous.status, await anonymous.text()]).toEqual([401, 'Unauthorized\n']);
    await fetch('/api/cart', {
      headers: { cookie: '_oauth2_proxy=ada', 'x-auth-request-user': 'root' },
    });
    const calls = seen.filter(({ upstream }) => upstream === 'shop');
    expect(calls.map(({ headers }) => headers['x-auth-request-user'])).toEqual(['ada']);
  });

  test('renews a session with the page', async () => {
    const { fetch } = await withOauth2Proxy();
    const page = await fetch('/', { headers: { cookie: '_oauth2_proxy=old' } });
    expect([page.status, page.headers.getSetCookie()]).toEqual([
      200,
      ['_oauth2_proxy=ada; Path=/; HttpOnly'],
    ]);
  });

  test('is not asked for a host that the config does not name', async () => {
    const { fetch, seen } = await served(oauth2Proxy!, {
      upstreams: { shop, 'oauth2-proxy': standIn },
    });
    expect((await fetch('/cart')).status).toBe(404);
    expect(seen).toEqual([]);
  });
});

describeBrowser('Chromium', () => {
  oneBrowser();

  test('signs in by oauth2-proxy', async () => {
    const { url } = await withOauth2Proxy();
    const { page, context } = await openTab(url);
    await page.goto(`${url}/cart?item=7`);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'ada at /cart?item=7' }).waitFor();
    expect(page.url()).toBe(`${url}/cart?item=7`);
    expect((await context.cookies()).map(({ name }) => name)).toContain('_oauth2_proxy');
  });
});

describe('Authelia', () => {
  /** The redirect of its `forward-auth`, as far as the gateway can see. */
  const portal = ({ headers }: FakeRequest): FakeAnswer => {
    if (headers['cookie'] === 'authelia_session=1') {
      return { headers: { 'remote-user': 'ada', 'remote-groups': 'admins,dev' } };
    }
    if (headers['x-requested-with'] !== undefined) return { status: 401 };
    const {
      'x-forwarded-proto': proto,
      'x-forwarded-host': host,
      'x-forwarded-uri': uri,
    } = headers;
    const from = encodeURIComponent(`${String(proto)}://${String(host)}${String(uri)}`);
    return redirect(`https://auth.example.com/?rd=${from}&rm=GET`);
  };

  test('gets what its endpoint needs, and its redirect to the portal reaches the browser', async () => {
    const { fetch, seen, url } = await served(authelia!, {
      replace: HOME,
      upstreams: { shop, authelia: portal },
    });
    const response = await fetch('/cart?item=7', { headers: { accept: 'text/html' } });
    expect([response.status, response.headers.get('location')]).toEqual([
      302,
      `https://auth.example.com/?rd=${encodeURIComponent(`${url}/cart?item=7`)}&rm=GET`,
    ]);
    expect(seen[0]).toMatchObject({
      path: '/api/authz/forward-auth',
      headers: { accept: 'text/html', 'x-forwarded-method': 'GET', 'x-forwarded-for': '127.0.0.1' },
    });
    const script = await fetch('/cart', { headers: { 'x-requested-with': 'XMLHttpRequest' } });
    expect(script.status).toBe(401);
    expect(seen.filter(({ upstream }) => upstream === 'shop')).toEqual([]);
  });

  test('tells upstreams user and groups', async () => {
    const { fetch, seen } = await served(authelia!, {
      replace: HOME,
      upstreams: { shop, authelia: portal },
    });
    expect((await fetch('/', { headers: { cookie: 'authelia_session=1' } })).status).toBe(200);
    expect(seen.at(-1)?.headers).toMatchObject({
      'remote-user': 'ada',
      'remote-groups': 'admins,dev',
    });
  });
});
