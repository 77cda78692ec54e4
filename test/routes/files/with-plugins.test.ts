import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { startGateway } from '../../gateway/support/gateway.ts';
import { open, receive } from '../../gateway/support/socket.ts';
import { folderWith, openBelow } from './support/site.ts';

const LONG = 'let a = 1;\n'.repeat(20_000);

async function siteWith(options: object) {
  const root = folderWith({ 'app.js': LONG, 'b.css': 'b {}', 'b.css.gz': 'packed' });
  const { url, fetch } = await startGateway({
    config: { routes: { site: { match: { path: '/*' }, files: { root }, ...options } } },
  });
  return { root, url, fetch };
}

test('fields of plugins are on files, on 304 and on 404', async () => {
  const { fetch } = await siteWith({ headers: { response: { set: { 'x-site': 'a' } } } });
  const file = await fetch('/b.css', { headers: { 'accept-encoding': 'identity' } });
  expect([file.headers.get('x-site'), await file.text()]).toEqual(['a', 'b {}']);
  const etag = file.headers.get('etag')!;
  const headers = { 'if-none-match': etag, 'accept-encoding': 'identity' };
  const again = await fetch('/b.css', { headers });
  expect([again.status, again.headers.get('x-site'), await again.text()]).toEqual([304, 'a', '']);
});

test('compress packs what has no sibling, and leaves siblings and ranges alone', async () => {
  const { url, root } = await siteWith({ compress: {} });
  const ask = async (path: string, ...more: string[]) => {
    const socket = await open(url);
    const lines = [`GET ${path} HTTP/1.1`, 'Host: a', 'Accept-Encoding: gzip', ...more];
    socket.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
    const text = await receive(socket);
    const end = text.indexOf('\r\n\r\n');
    return { head: text.slice(0, end).toLowerCase(), body: text.slice(end + 4) };
  };
  const { head, body } = await ask('/app.js');
  expect(head).toContain('content-encoding: gzip');
  expect(unchunkedText(body)).toBe(LONG);
  expect((await ask('/b.css')).body).toContain('packed');
  const part = await ask('/app.js', 'Range: bytes=0-99999');
  expect(part.head).not.toContain('content-encoding');
  expect(part.body).toBe(LONG.slice(0, 100_000));
  expect(openBelow(root)).toBe(0);
});

function unchunkedText(body: string): string {
  let out = '';
  for (let at = 0; ;) {
    const end = body.indexOf('\r\n', at);
    const length = Number.parseInt(body.slice(at, end), 16);
    if (!(length > 0)) return gunzipSync(Buffer.from(out, 'latin1')).toString();
    out += body.slice(end + 2, end + 2 + length);
    at = end + 2 + length + 2;
  }
}
