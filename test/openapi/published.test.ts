/** The route that publishes a document. */
import { describe, expect, test } from 'vitest';
import { faultsOf } from '../config/config-files.ts';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';

const ROUTES = {
  ping: { match: { path: '/ping', methods: ['GET'] }, respond: { body: { ok: true } } },
  other: { match: { path: '/other', methods: ['GET'] }, respond: { status: 204 } },
  quiet: { match: { path: '/quiet', methods: ['GET'] }, respond: { status: 204 }, docs: false },
  api: {
    match: { path: '/v1/openapi.json' },
    document: { title: '<b>Shop</b>', routes: ['other', 'ping'], ui: '/v1/docs' },
  },
  all: { match: { path: '/all.json' }, document: { title: 'All', servers: ['https://a.test'] } },
};
const start = () => startGateway({ config: { routes: ROUTES } });

describe('a published document', () => {
  test('has the routes that it names, in their order', async () => {
    const { fetch } = await start();
    const response = await fetch('/v1/openapi.json');
    expect(response.headers.get('content-type')).toBe('application/json');
    const document = (await response.json()) as { paths: object; openapi: string };
    expect([document.openapi, Object.keys(document.paths)]).toEqual(['3.1.0', ['/other', '/ping']]);
  });

  test('has all others without names, but those with docs: false and documents', async () => {
    const { fetch } = await start();
    const document = (await (await fetch('/all.json')).json()) as { paths: object };
    expect(Object.keys(document.paths)).toEqual(['/ping', '/other']);
    expect(document).toMatchObject({ servers: [{ url: 'https://a.test' }] });
  });

  test('is not sent again to a client that has it, whatever dates and ranges it asks with', async () => {
    const { fetch } = await start();
    const first = await fetch('/all.json');
    const etag = first.headers.get('etag')!;
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    const again = await fetch('/all.json', { headers: { 'if-none-match': `"x", ${etag}` } });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    const other = await fetch('/all.json', {
      headers: { 'if-modified-since': new Date().toUTCString(), range: 'bytes=0-1' },
    });
    expect([other.status, await other.text()]).toEqual([200, await first.text()]);
  });

  test('is read alone: HEAD has its head, and POST is 405', async () => {
    const { fetch } = await start();
    const head = await fetch('/all.json', { method: 'HEAD' });
    const length = Buffer.byteLength(await (await fetch('/all.json')).text());
    expect([head.status, head.headers.get('content-length')]).toEqual([200, `${length}`]);
    const post = await fetch('/all.json', { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await codeOf(post)).toBe('GW_METHOD_NOT_ALLOWED');
  });

  test('has its page at `ui`, which finds it from there and shows titles as text', async () => {
    const { fetch } = await start();
    const page = await fetch('/v1/docs');
    const text = await page.text();
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-/,
    );
    expect(text).toContain('&lt;b&gt;Shop&lt;/b&gt;');
    expect(text).toContain('href="../v1/openapi.json"');
    expect(text).not.toMatch(/https?:\/\//);
    expect((await fetch('/docs')).status).toBe(404);
  });
});

describe('a route that publishes a document', () => {
  const faultsWith = (document: string, match = '{ path: /openapi.json }') =>
    faultsOf(
      `version: 1\nroutes:\n  ping: { match: { path: /ping }, respond: {} }\n  quiet: { match: { path: /q }, respond: {}, docs: false }\n  api:\n    match: ${match}\n    document: ${document}`,
    );

  test.each([
    [
      '{ title: a, routes: [pong] }',
      'c.yaml:7:36  routes.api.document.routes[0]: no route "pong"; did you mean "ping"?',
    ],
    [
      '{ title: a, routes: [quiet] }',
      'c.yaml:7:36  routes.api.document.routes[0]: the route "quiet" has "docs: false"',
    ],
    [
      '{ title: a, ui: /docs/* }',
      'c.yaml:7:31  routes.api.document.ui: "/docs/*" must be one plain path, such as /docs',
    ],
    [
      '{ title: a, ui: /openapi.json }',
      'c.yaml:7:31  routes.api.document.ui: is the path of the document itself: give the page another one',
    ],
    [
      '{ title: a, servers: [a.test] }',
      'c.yaml:7:37  routes.api.document.servers[0]: "a.test" is not a URL such as https://api.shop.example, or a path such as /v1',
    ],
  ])('%s is refused', async (document, fault) => {
    expect(await faultsWith(document)).toContain(fault);
  });

  test('is at one plain path', async () => {
    expect(await faultsWith('{ title: a }', '{ path: /api/* }')).toEqual([
      'c.yaml:6:20  routes.api.match.path: a document is published at one plain path, such as /openapi.json',
    ]);
  });
});
