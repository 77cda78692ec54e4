import { once } from 'node:events';
import { renameSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { codeOf } from '../../gateway/support/gateway.ts';
import { open, receive } from '../../gateway/support/socket.ts';
import { openBelow, siteOf, writeFiles } from './support/site.ts';

const MIB = 1_048_576;
const bytesOf = (length: number, from = 0): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i + from) % 251));

/** Waits until `isSo`; the test's own timeout bounds it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}

test('a long file comes whole, over both ways of sending, and is closed then', async () => {
  const big = bytesOf(3 * MIB + 7);
  const { fetch, root } = await siteOf({ 'big.bin': big });
  const response = await fetch('/site/big.bin');
  expect(response.headers.get('content-length')).toBe(String(big.length));
  expect(Buffer.from(await response.arrayBuffer()).equals(big)).toBe(true);
  const part = await fetch('/site/big.bin', { headers: { range: 'bytes=100000-2000000' } });
  expect([part.status, part.headers.get('content-range')]).toEqual([
    206,
    `bytes 100000-2000000/${big.length}`,
  ]);
  expect(Buffer.from(await part.arrayBuffer()).equals(big.subarray(100_000, 2_000_001))).toBe(true);
  await until(() => openBelow(root) === 0);
});

test('a client that takes nothing stops the reading, and one that leaves closes the file', async () => {
  const { url, root } = await siteOf({ 'big.bin': Buffer.alloc(64 * MIB) });
  const before = process.memoryUsage().arrayBuffers;
  const sockets = await Promise.all(Array.from({ length: 20 }, () => open(url)));
  for (const socket of sockets) {
    socket.pause();
    socket.write('GET /site/big.bin HTTP/1.1\r\nHost: a\r\n\r\n');
  }
  await until(() => openBelow(root) === sockets.length);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MIB);
  for (const socket of sockets) socket.destroy();
  await until(() => openBelow(root) === 0);
});

test('past its concurrency, a download is 503 and a short file is still served', async () => {
  const { url, fetch, root } = await siteOf(
    { 'big.bin': Buffer.alloc(32 * MIB), 'short.txt': 'short' },
    { concurrency: 2 },
  );
  const sockets = await Promise.all([open(url), open(url)]);
  for (const socket of sockets) {
    socket.pause();
    socket.write('GET /site/big.bin HTTP/1.1\r\nHost: a\r\n\r\n');
  }
  await until(() => openBelow(root) === 2);
  const refused = await fetch('/site/big.bin');
  expect([refused.status, await codeOf(refused)]).toEqual([503, 'GW_OVERLOADED']);
  expect(await (await fetch('/site/short.txt')).text()).toBe('short');
  expect((await fetch('/site/big.bin', { method: 'HEAD' })).status).toBe(200);
  for (const socket of sockets) socket.destroy();
  await until(() => openBelow(root) === 0);
  const taken = await fetch('/site/big.bin', { headers: { range: 'bytes=0-99999' } });
  expect((await taken.arrayBuffer()).byteLength).toBe(100_000);
});

test('500 requests at once never have more than 32 files open', async () => {
  const { fetch, root } = await siteOf({ 'a.txt': 'a' });
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, openBelow(root))), 1);
  const all = await Promise.all(Array.from({ length: 500 }, () => fetch('/site/a.txt')));
  clearInterval(watch);
  expect(all.every(({ status }) => status === 200)).toBe(true);
  await Promise.all(all.map((response) => response.text()));
  expect(most).toBeLessThanOrEqual(32);
  expect(openBelow(root)).toBe(0);
});

test('a file that is replaced while it is sent stays the one that was asked for', async () => {
  const big = bytesOf(24 * MIB);
  const { url, root } = await siteOf({ 'big.bin': big });
  const socket = await open(url);
  socket.write('GET /site/big.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const start = await receive(socket, () => true);
  socket.pause();
  writeFiles(root, { 'next.bin': bytesOf(24 * MIB, 7) });
  renameSync(join(root, 'next.bin'), join(root, 'big.bin'));
  const received = receive(socket);
  socket.resume();
  const text = start + (await received);
  const body = Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1');
  expect(body.equals(big)).toBe(true);
});

test('a file that becomes shorter while it is sent is cut off, never taken for whole', async () => {
  const { url, root } = await siteOf({ 'big.bin': Buffer.alloc(24 * MIB) });
  const socket = await open(url);
  socket.write('GET /site/big.bin HTTP/1.1\r\nHost: a\r\n\r\n');
  // Its length has been told now.
  const [first] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  truncateSync(join(root, 'big.bin'), 10);
  const received = receive(socket);
  socket.resume();
  expect(first.length + (await received).length).toBeLessThan(24 * MIB);
  await until(() => openBelow(root) === 0);
});

test('a file that is replaced again and again is always found, as one or the other', async () => {
  const { fetch, root } = await siteOf({ 'a.txt': 'old' });
  const over = new AbortController();
  const replacing = (async () => {
    for (let i = 0; !over.signal.aborted; i++) {
      writeFiles(root, { 'next.txt': i % 2 === 0 ? 'new' : 'old' });
      renameSync(join(root, 'next.txt'), join(root, 'a.txt'));
      await sleep(1);
    }
  })();
  for (let i = 0; i < 300; i++)
    expect(await (await fetch('/site/a.txt')).text()).toMatch(/^(old|new)$/);
  over.abort();
  await replacing;
});
