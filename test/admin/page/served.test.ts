import { readFileSync, globSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PAGE_FIELDS } from '../../../src/admin/page.ts';
import { startGateway } from '../../gateway/support/gateway.ts';
import { request } from '../../gateway/support/socket.ts';

async function admin(): Promise<string> {
  const { gateway } = await startGateway({
    config: { admin: { port: 0 } },
    upstreams: { up: () => ({}) },
  });
  return gateway.adminUrl!;
}

const FILES = globSync('src/admin/page/**/*.{js,css}').map((file) =>
  file.replace('src/admin/', ''),
);

describe('the page is served', () => {
  test('at /, by its own files and nothing from elsewhere', async () => {
    const url = await admin();
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await response.text();
    const named = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => path!);
    expect(named.length).toBeGreaterThan(5);
    for (const path of named.filter((each) => !each.startsWith('data:'))) {
      expect([path, (await fetch(`${url}/${path}`)).status]).toEqual([path, 200]);
    }
  });

  test('without a script, a style or a handler in its markup', () => {
    const html = readFileSync('src/admin/page/index.html', 'utf8');
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/i);
  });

  test('each file with the fields that keep strangers out, and as it is on the disk', async () => {
    const url = await admin();
    for (const path of FILES) {
      const response = await fetch(`${url}/${path}`);
      const type = path.endsWith('.js') ? 'text/javascript' : 'text/css';
      expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
      for (const [name, value] of Object.entries(PAGE_FIELDS)) {
        expect([path, name, response.headers.get(name)]).toEqual([path, name, value]);
      }
      expect(await response.text()).toBe(readFileSync(`src/admin/${path}`, 'utf8'));
    }
  });

  test('with uPlot, and its licence', async () => {
    const text = await (await fetch(`${await admin()}/page/uplot.js`)).text();
    expect(text).toMatch(/Leon Sorokin[^]*MIT Licensed[^]*export \{ uPlot as default \}/);
  });

  test('once: a browser that has a file gets 304', async () => {
    const url = `${await admin()}/page/main.js`;
    const etag = (await fetch(url)).headers.get('etag')!;
    const again = await fetch(url, { headers: { 'if-none-match': `"other", ${etag}` } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const other = await fetch(url, { headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });
});

describe('nothing else is served', () => {
  test.each([
    '/page/',
    '/page/none.js',
    '/page/tsconfig.json',
    '/page/../page.ts',
    '/page/..%2fpage.ts',
    '/page/%2e%2e/page.ts',
    '/page/..\\page.ts',
    '/page//main.js',
    '/page/constructor',
    '/page/%00',
  ])('%s is 404', async (path) => {
    const { status } = await request(await admin(), [
      `GET ${path} HTTP/1.1`,
      'host: localhost',
      'connection: close',
    ]);
    expect(status).toBe(404);
  });

  test('to a page that has rebound its name to this machine', async () => {
    const url = await admin();
    for (const path of ['/', '/page/main.js']) {
      const head = [`GET ${path} HTTP/1.1`, 'host: evil.example', 'connection: close'];
      expect((await request(url, head)).status).toBe(403);
    }
  });
});
