import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { HELD_BYTES } from '../../src/core/body.ts';
import { systemClock as clock } from '../../src/core/clock.ts';
import { bytesOf } from '../helpers/body.ts';
import { aRequest } from '../helpers/call.ts';
import { leafTo } from '../helpers/state.ts';
import { sending } from '../helpers/upload.ts';
import { eventually, startUpstream, startWire } from '../helpers/upstream.ts';

describe('the leaf', () => {
  test('sends method, path, query, fields and body', async () => {
    const upstream = await startUpstream((request, response) => {
      void request.toArray().then((chunks) => {
        const { method, url, headers } = request;
        const body = Buffer.concat(chunks as Buffer[]).toString();
        response.end(JSON.stringify({ method, url, body, list: headers['x-list'] }));
      });
    });
    const { call } = leafTo(upstream.url);

    const { body } = await call(
      aRequest({
        method: 'PUT',
        path: '/orders/a%2Fb',
        query: '?q=%20&q=2',
        headers: { 'x-list': ['1', '2'] },
        body: Buffer.from('{}'),
      }),
    );

    expect(await body.json(1_000)).toEqual({
      method: 'PUT',
      url: '/orders/a%2Fb?q=%20&q=2',
      body: '{}',
      list: '1, 2',
    });
  });

  test.each([{ 'content-length': '4' }, {}])(
    'sends an upload, of any method (%j)',
    async (headers) => {
      const upstream = await startUpstream((request, response) => {
        void request.toArray().then((chunks) => response.end(Buffer.concat(chunks as Buffer[])));
      });
      const { call } = leafTo(upstream.url);
      for (const method of ['POST', 'GET', 'DELETE', 'PROPFIND']) {
        const { upload, client } = sending();
        client.end('body');
        const { body } = await call(aRequest({ method, headers, body: upload }));
        expect((await body.bytes(10)).toString()).toBe('body');
      }
    },
  );

  test('gives status, lower-case fields, body and target', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(418, { 'X-Kind': 'tea', 'Set-Cookie': ['a=1', 'b=2'] }).end('short');
    });
    const response = await leafTo(upstream.url).call(aRequest());
    expect(response).toMatchObject({
      status: 418,
      headers: { 'x-kind': 'tea', 'set-cookie': ['a=1', 'b=2'] },
      target: upstream.url,
    });
    expect((await response.body.bytes(10)).toString()).toBe('short');
  });

  test('settles at the head; the body may come later', async () => {
    let finish = (): void => undefined;
    const upstream = await startUpstream((_request, response) => {
      response.write('one ');
      finish = () => void response.end('two');
    });
    const { body } = await leafTo(upstream.url).call(aRequest());
    const read = body.bytes(100);
    finish();
    expect((await read).toString()).toBe('one two');
  });

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('%s answered %i has no body', async (method, status) => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(status, { 'x-length': '100' }).end();
    });
    const { body, ...head } = await leafTo(upstream.url).call(aRequest({ method }));
    expect(head.status).toBe(status);
    expect(await body.bytes(0)).toHaveLength(0);
  });

  test('drops informational responses, which the final one follows', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.writeProcessing();
      setTimeout(() => response.writeHead(201, { 'x-real': '1' }).end('here'), 5);
    });
    const { status, headers, body } = await leafTo(upstream.url).call(aRequest());
    expect(status).toBe(201);
    expect(headers).not.toHaveProperty('link');
    expect((await body.bytes(10)).toString()).toBe('here');
  });

  test('treats a field named __proto__ as a field', async () => {
    const upstream = await startWire((socket) => {
      socket.end('HTTP/1.1 200 OK\r\n__proto__: a\r\n__proto__: b\r\ncontent-length: 0\r\n\r\n');
    });
    const { headers } = await leafTo(upstream.url).call(aRequest());
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('0');
  });

  test('passes trailers on', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { trailer: 'x-checksum' }).write('body');
      response.addTrailers({ 'x-checksum': 'abc' });
      response.end();
    });
    const { body } = await leafTo(upstream.url).call(aRequest());
    const client = await startUpstream((_request, response) => {
      body.send(response, 200, {}, { clock, idleMs: 1_000, trailers: true });
    });
    const relayed = await leafTo(client.url).call(aRequest());
    const told = new Promise((resolve) => relayed.body.onClose(resolve));
    expect((await relayed.body.bytes(10)).toString()).toBe('body');
    expect(await told).toBeUndefined();
  });

  test('reuses a connection', async () => {
    const upstream = await startUpstream((_request, response) => void response.end('body'));
    const { call } = leafTo(upstream.url);
    for (let i = 0; i < 5; i++) {
      await (await call(aRequest())).body.dump();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(upstream).toMatchObject({ hits: 5, connections: 1 });
  });

  test('notes where it went, how often, and how long it took', async () => {
    const upstream = await startUpstream((_request, response) => {
      setTimeout(() => response.end(), 20);
    });
    const { call } = leafTo(upstream.url);
    const request = aRequest();
    await (await call(request)).body.dump();
    await (await call(request)).body.dump();
    const { attempts } = request.record;
    expect(request.record.upstream).toBe('orders');
    expect(attempts.map(({ target }) => target)).toEqual([upstream.url, upstream.url]);
    expect(attempts[1]!.firstByteMs).toBeGreaterThan(15);
  });

  test('counts open exchanges per target, until the close of the body', async () => {
    const upstream = await startUpstream((_request, response) => void response.write('some'));
    const { call, state } = leafTo(upstream.url);
    const responses = await Promise.all([call(aRequest()), call(aRequest())]);
    expect(state.targets.all[0]!.inflight).toBe(2);
    for (const { body } of responses) body.destroy();
    expect(state.targets.all[0]!.inflight).toBe(0);
  });
});

describe('backpressure', () => {
  test('reaches the upstream: bytes that nobody reads are not sent', async () => {
    let written = 0;
    const upstream = await startUpstream((_request, response) => {
      const more = (): void => {
        while (response.write(bytesOf(HELD_BYTES))) written += HELD_BYTES;
        response.once('drain', more);
      };
      more();
    });
    const { body } = await leafTo(upstream.url).call(aRequest());
    await eventually(() => body.received >= HELD_BYTES);
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(body.received).toBeLessThan(4 * HELD_BYTES);
    body.destroy();
  });

  test('reaches the client: bytes that the upstream does not read are not read', async () => {
    const upstream = await startUpstream((request) => void request.pause());
    const { upload, client } = sending();
    const { call } = leafTo(upstream.url);
    const signal = aRequest().signal;
    const outcome = call(aRequest({ method: 'PUT', body: upload, signal })).catch(String);
    let sent = 0;
    let wantsMore = true;
    while (wantsMore && sent < 100_000_000) {
      while (client.write(bytesOf(HELD_BYTES))) sent += HELD_BYTES;
      wantsMore = await Promise.race([
        once(client, 'drain').then(() => true),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 200)),
      ]);
    }
    expect(sent).toBeLessThan(50_000_000);
    signal.cancel(new Error('enough'));
    expect(await outcome).toBe('Error: enough');
  });
});
