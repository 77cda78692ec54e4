import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../gateway/support/gateway.ts';
import { request } from '../../gateway/support/socket.ts';
import { openBelow, type Site, siteOf, writeFiles } from './support/site.ts';

const SITE = {
  'index.html': '<h1>home</h1>',
  'app.js': 'let a = 1;',
  'Straße 1.txt': 'Straße',
  'docs/index.html': 'docs',
  'docs/a/b.css': 'b {}',
  'empty/x/y': 'y',
  'none.bin': '',
};

/** The status, and the text or the `Location`. */
async function got({ url }: Site, path: string): Promise<string> {
  const { status, headers, body } = await request(url, [`GET ${path} HTTP/1.1`, 'Host: a']);
  return `${status} ${headers['location'] ?? (status === 200 ? body : '')}`.trimEnd();
}

test('a path leads to the file of that name, to the index of its folder, or to nothing', async () => {
  const site = await siteOf(SITE);
  const rows = [
    ['/site/app.js', '200 let a = 1;'],
    ['/site/app.js?v=1', '200 let a = 1;'],
    ['/site/', '200 <h1>home</h1>'],
    ['/site', '301 /site/'],
    ['/site?a=1', '301 /site/?a=1'],
    ['/site/docs/', '200 docs'],
    ['/site/docs', '301 /site/docs/'],
    ['/site//docs', '301 /site/docs/'],
    ['/site/docs/a/b.css', '200 b {}'],
    ['/site/docs/a', '404'],
    ['/site/docs/a/', '404'],
    ['/site/empty/x', '404'],
    ['/site/app.js/', '404'],
    ['/site/app.js/x', '404'],
    ['/site/App.js', '404'],
    ['/site/app', '404'],
    ['/site/none.bin', '200'],
    [`/site/${'x'.repeat(300)}`, '404'],
  ] as const;
  for (const [path, expected] of rows)
    expect([path, await got(site, path)]).toEqual([path, expected]);
  expect(await (await site.fetch('/site/Stra%C3%9Fe%201.txt')).text()).toBe('Straße');
  expect(openBelow(site.root)).toBe(0);
});

test('nothing outside of the folder is reached, by no spelling and by no link', async () => {
  const site = await siteOf({ ...SITE, '../secret.txt': 'secret', '../site-2/x.txt': 'secret' });
  const { root } = site;
  symlinkSync('../secret.txt', join(root, 'link.txt'));
  symlinkSync('..', join(root, 'up'));
  symlinkSync('/etc', join(root, 'etc'));
  symlinkSync('loop', join(root, 'loop'));
  symlinkSync('../site-2', join(root, 'beside'));
  symlinkSync('docs/a', join(root, 'inside'));
  symlinkSync('app.js', join(root, 'same.js'));
  const outside = [
    '/site/../secret.txt',
    '/site/%2e%2e/secret.txt',
    '/site/..%2fsecret.txt',
    '/site/docs%2fa%2fb.css',
    '/site/docs%5ca',
    '/site/app.js%00',
    '/site/%ff',
    '/site/..;/secret.txt',
    '/site/app.js;x',
    '/site/link.txt',
    '/site/up/secret.txt',
    '/site/etc/passwd',
    '/site/loop',
    '/site/beside/x.txt',
    '/site//etc/passwd',
  ];
  for (const path of outside) expect(await got(site, path), path).toMatch(/^40[04]$/);
  // A way around that comes back: the file itself lies inside.
  expect(await got(site, '/site/up/site/app.js')).toBe('200 let a = 1;');
  expect(await got(site, '/site/inside/b.css')).toBe('200 b {}');
  expect(await got(site, '/site/same.js')).toBe('200 let a = 1;');
  expect(openBelow(root)).toBe(0);
});

test('names with a dot at the start are 404, unless asked for', async () => {
  const files = { '.env': 'secret', '.git/config': 'x', 'a/.b': 'b', '.well-known/x': 'x' };
  const [closed, open] = [await siteOf(files), await siteOf(files, { dotfiles: true })];
  for (const path of ['/site/.env', '/site/.git/config', '/site/a/.b', '/site/%2eenv']) {
    expect(await got(closed, path), path).toBe('404');
    expect(await got(open, path), path).toMatch(/^200/);
  }
});

test('what is no file is 404, and keeps nobody waiting', async () => {
  const site = await siteOf({});
  execFileSync('mkfifo', [join(site.root, 'pipe')]);
  mkdirSync(join(site.root, 'index.html'));
  expect(await got(site, '/site/pipe')).toBe('404');
  expect(await got(site, '/site/')).toBe('404');
});

test('a file that comes, changes or goes is served as it is', async () => {
  const site = await siteOf({});
  expect(await got(site, '/site/a.txt')).toBe('404');
  writeFiles(site.root, { 'a.txt': 'one' });
  expect(await got(site, '/site/a.txt')).toBe('200 one');
  writeFiles(site.root, { 'a.txt': 'two!' });
  expect(await got(site, '/site/a.txt')).toBe('200 two!');
});

test('another method is 405, with those that are served', async () => {
  const { fetch } = await siteOf(SITE);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const response = await fetch('/site/app.js', { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await codeOf(response)).toBe('GW_METHOD_NOT_ALLOWED');
  }
});

test('HEAD has the head of GET, and no body', async () => {
  const { url } = await siteOf(SITE);
  const [get, head] = [
    await request(url, ['GET /site/app.js HTTP/1.1', 'Host: a']),
    await request(url, ['HEAD /site/app.js HTTP/1.1', 'Host: a']),
  ];
  const { date: _, 'x-request-id': _id, ...own } = get.headers;
  expect(head.headers).toMatchObject(own);
  expect(head.body).toBe('');
});

test('the head says what the file is, and how long it may be kept', async () => {
  const { fetch, root } = await siteOf(SITE, { maxAge: '1h' });
  utimesSync(join(root, 'app.js'), 1_700_000_000, 1_700_000_000);
  const script = await fetch('/site/app.js');
  expect(Object.fromEntries(script.headers)).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'content-length': '10',
    'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT',
    etag: expect.stringMatching(/^"[\w-]+"$/),
    'accept-ranges': 'bytes',
    'cache-control': 'public, max-age=3600',
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding',
  });
  expect((await fetch('/site/')).headers.get('cache-control')).toBe('no-cache');
});

describe('a fallback', () => {
  const options = { fallback: 'index.html' };
  const page = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

  test('is what browsers get that ask for a page', async () => {
    const { fetch } = await siteOf(SITE, options);
    const response = await fetch('/site/orders/7', { headers: page });
    expect([response.status, await response.text()]).toEqual([200, '<h1>home</h1>']);
    expect((await fetch('/site/app.js', { headers: page })).headers.get('content-length')).toBe(
      '10',
    );
  });

  test('never stands for a script or a picture', async () => {
    const { fetch } = await siteOf(SITE, options);
    expect((await fetch('/site/old.js')).status).toBe(404);
    expect((await fetch('/site/old.js', { headers: { accept: 'image/*' } })).status).toBe(404);
  });
});

describe('a compressed sibling', () => {
  const files = { 'app.js': 'plain', 'app.js.br': 'BR', 'app.js.gz': 'GZIP', 'b.js': 'b' };

  test.each([
    ['gzip, br', 'br', 'BR'],
    ['gzip, br;q=0.5', 'gzip', 'GZIP'],
    ['gzip;q=0, *', 'br', 'BR'],
    ['zstd', null, 'plain'],
    ['identity, gzip;q=0.5', null, 'plain'],
    ['br;q=0', null, 'plain'],
    ['', null, 'plain'],
    [';;q=,,=', null, 'plain'],
  ])('is sent to clients that accept %j: %s', async (accept, coding, text) => {
    const { url } = await siteOf(files);
    const { headers, body } = await request(url, [
      'GET /site/app.js HTTP/1.1',
      'Host: a',
      `Accept-Encoding: ${accept}`,
    ]);
    expect([headers['content-encoding'] ?? null, body]).toEqual([coding, text]);
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  test('has a tag of its own, and is not sent if it is older than its file', async () => {
    const { url, root } = await siteOf(files);
    const ask = (accept: string) =>
      request(url, ['GET /site/app.js HTTP/1.1', 'Host: a', `Accept-Encoding: ${accept}`]);
    expect((await ask('br')).headers['etag']).not.toBe((await ask('gzip')).headers['etag']);
    utimesSync(join(root, 'app.js.br'), 1, 1);
    expect((await ask('br')).body).toBe('plain');
    expect(openBelow(root)).toBe(0);
  });

  test('is left alone with precompressed: false', async () => {
    const { url } = await siteOf(files, { precompressed: false });
    const lines = ['GET /site/app.js HTTP/1.1', 'Host: a', 'Accept-Encoding: br'];
    const { headers, body } = await request(url, lines);
    expect([body, headers['vary']]).toEqual(['plain', undefined]);
  });
});

test('explain tells what is certain without a look at the disk', async () => {
  const { gateway } = await siteOf(SITE);
  const outcomeOf = async (method: string, path: string) => {
    const url = `http://localhost${path}`;
    return (await gateway.explain({ method, url, headers: [], address: '127.0.0.1' })).outcome;
  };
  expect(await outcomeOf('GET', '/site/app.js')).toMatchObject({ status: 200 });
  expect(await outcomeOf('GET', '/site/.env')).toMatchObject({ kind: 'refused', status: 404 });
  expect(await outcomeOf('PUT', '/site/app.js')).toMatchObject({ kind: 'refused', status: 405 });
  expect(gateway.status().routes[0]!.action).toMatch(/^files of \//);
});
