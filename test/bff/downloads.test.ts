import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../gateway/support/gateway.ts';
import { eventually } from '../helpers/upstream.ts';
import { fileShop } from './file-shop.ts';

/** A client that reads at its own pace. */
async function reading(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return response;
}

describe('a download', () => {
  test('has the fields that describe it, and none that the service says to us', async () => {
    const { fetch } = await fileShop((_request, response) => {
      response.writeHead(200, {
        'content-type': 'image/png',
        'content-length': '3',
        'content-disposition': 'attachment; filename="a.png"',
        etag: '"1"',
        'x-version': '7',
        'x-internal': 'secret',
        server: 'secret',
        'set-cookie': 'session=secret',
      });
      response.end('abc');
    });
    const response = await fetch('/files/a');
    expect([response.status, await response.text()]).toEqual([200, 'abc']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': '3',
      'content-disposition': 'attachment; filename="a.png"',
      etag: '"1"',
      'x-version': '7',
    });
    expect(JSON.stringify([...response.headers])).not.toContain('secret');
  });

  test('is no longer than the client reads: the upstream waits', async () => {
    const chunk = Buffer.alloc(65_536);
    let written = 0;
    const { url } = await fileShop((_request, response) => {
      Readable.from(
        (function* () {
          for (; written < 2_000; written++) yield chunk;
        })(),
      ).pipe(response);
    });
    const response = await reading(`${url}/files/large`);
    response.pause();
    let last = -1;
    await eventually(() => {
      const isStill = last === written && written > 0;
      last = written;
      return isStill;
    });
    expect(written).toBeLessThan(1_500);
    let bytes = 0;
    for await (const each of response as AsyncIterable<Buffer>) bytes += each.length;
    expect(bytes).toBe(2_000 * chunk.length);
  }, 60_000);

  test('ends upstream when the client disconnects', async () => {
    let isOpen = false;
    const { url, gateway } = await fileShop((_request, response) => {
      isOpen = true;
      response.on('close', () => (isOpen = false));
      response.write('begin');
    });
    const response = await reading(`${url}/files/endless`);
    await once(response, 'data');
    response.destroy();
    await eventually(() => !isOpen);
    await eventually(() => gateway.status().inflight === 0);
    expect(gateway.status().upstreams[0]?.slots.used).toBe(0);
  });

  test('that breaks half way is cut off, so that nobody takes it for whole', async () => {
    const { fetch } = await fileShop((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('12345');
      setImmediate(() => response.destroy());
    });
    const response = await fetch('/files/broken');
    await expect(response.text()).rejects.toThrow();
  });

  test('can be resumed, and is not sent to clients that have it', async () => {
    const asked: unknown[] = [];
    const { fetch } = await fileShop(({ headers }, response) => {
      asked.push([headers.range, headers['if-none-match'], headers.cookie, headers.accept]);
      if (headers.range === undefined) response.writeHead(304, { etag: '"1"' });
      else response.writeHead(206, { 'content-range': 'bytes 1-2/3', 'content-length': '2' });
      response.end(headers.range === undefined ? undefined : 'bc');
    });
    const part = await fetch('/files/a', { headers: { range: 'bytes=1-', cookie: 'a=b' } });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 1-2/3',
      'bc',
    ]);
    const same = await fetch('/files/a', { headers: { 'if-none-match': '"1"' } });
    expect([same.status, same.headers.get('etag'), await same.text()]).toEqual([304, '"1"', '']);
    expect(asked).toEqual([
      ['bytes=1-', undefined, undefined, '*/*'],
      [undefined, '"1"', undefined, '*/*'],
    ]);
  });

  test('is asked for with HEAD where the client does', async () => {
    const { fetch } = await fileShop(({ method }, response) => {
      response.writeHead(200, { 'x-version': method, 'content-length': '3' });
      response.end(method === 'HEAD' ? undefined : 'abc');
    });
    const response = await fetch('/files/a', { method: 'HEAD' });
    expect([response.headers.get('x-version'), response.headers.get('content-length')]).toEqual([
      'HEAD',
      '3',
    ]);
  });

  test.each([
    [404, 404, 'GW_ROUTE_NOT_FOUND'],
    [403, 502, 'GW_UPSTREAM_INVALID'],
  ])('that the upstream refuses with %i is %i', async (theirs, ours, code) => {
    const { fetch } = await fileShop((_request, response) => {
      response.writeHead(theirs).end('not for clients');
    });
    const response = await fetch('/files/a');
    expect([response.status, await codeOf(response)]).toEqual([ours, code]);
  });

  test('whose head is late is 504; once it is here, the body may take its time', async () => {
    const { fetch } = await fileShop(({ url }, response) => {
      if (url === '/late') return;
      response.write('a');
      setTimeout(() => response.end('b'), 2_300);
    });
    const [late, slow] = await Promise.all([fetch('/files/late'), fetch('/files/slow')]);
    expect([late.status, await codeOf(late)]).toEqual([504, 'GW_UPSTREAM_TIMEOUT']);
    expect(await slow.text()).toBe('ab');
  });

  test('may be read whole, up to a length', async () => {
    const { fetch } = await fileShop(({ url }, response) => {
      response.end(url === '/short' ? 'short' : 'longer than ten');
    });
    expect(await (await fetch('/whole/short')).text()).toBe('short');
    expect((await fetch('/whole/long')).status).toBe(502);
  });

  test('that nobody reads ends with the request', async () => {
    let isOpen = false;
    const { fetch } = await fileShop((_request, response) => {
      isOpen = true;
      response.on('close', () => (isOpen = false));
      response.write('begin');
    });
    expect(await (await fetch('/unread/a')).text()).toBe('status 200');
    await eventually(() => !isOpen);
  });
});
