import { once } from 'node:events';
import { type IncomingMessage, request as ask, type RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { codeOf } from '../gateway/support/gateway.ts';
import { eventually } from '../helpers/upstream.ts';
import { fileShop } from './file-shop.ts';

describe('an upload', () => {
  const sum: RequestListener = (request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => {
      const { 'content-type': type, 'content-length': length } = request.headers;
      response.end(JSON.stringify(`${type} ${length ?? 'chunked'} ${bytes}`));
    });
  };
  const image = (body: NonNullable<RequestInit['body']>): RequestInit => ({
    method: 'PUT',
    headers: { 'content-type': 'image/png' },
    body,
  });

  test('keeps the type and the length that the client gives it', async () => {
    const { fetch } = await fileShop(sum);
    expect(await (await fetch('/files/a', image('x'.repeat(300_000)))).text()).toBe(
      'image/png 300000 300000',
    );
  });

  test('reaches the upstream while the client is still sending', async () => {
    const first = Promise.withResolvers<void>();
    const { url } = await fileShop((request, response) => {
      request.once('data', () => first.resolve());
      sum(request, response);
    });
    const sending = ask(`${url}/files/a`, {
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
    });
    // What is short is collected first, so that a slow client holds no slot.
    sending.write('x'.repeat(100_000));
    await first.promise;
    sending.end('678');
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    expect(String(await response.setEncoding('utf8').toArray())).toBe('image/png chunked 100003');
  });

  test('over the limit of the route is 413', async () => {
    const { fetch } = await fileShop(sum, { limits: { body: '1KiB' } });
    const response = await fetch('/files/a', image('x'.repeat(2_000)));
    expect(response.status).toBe(413);
    const chunked = await fetch('/files/a', {
      ...image(Readable.toWeb(Readable.from(['x'.repeat(900), 'x'.repeat(900)]))),
      duplex: 'half',
    });
    expect([chunked.status, await codeOf(chunked)]).toEqual([413, 'GW_BODY_TOO_LARGE']);
  });

  test('of a type without a parser is 415', async () => {
    const { fetch } = await fileShop(sum);
    const body = { ...image('x'), headers: { 'content-type': 'video/mp4' } };
    expect((await fetch('/files/a', body)).status).toBe(415);
  });

  test('that the upstream refuses is what the code says of it', async () => {
    const { fetch } = await fileShop((request, response) => {
      request.resume().on('end', () => response.writeHead(422).end());
    });
    expect(await (await fetch('/files/a', image('x'))).text()).toBe('refused with 422');
  });

  test('ends upstream when the client disconnects', async () => {
    let isAborted = false;
    const { url, upstream } = await fileShop((request) => {
      request.on('close', () => (isAborted = !request.complete)).resume();
      request.on('error', () => undefined);
    });
    const sending = ask(`${url}/files/a`, {
      method: 'PUT',
      headers: { 'content-type': 'image/png', 'content-length': 1_000_000 },
    });
    sending.on('error', () => undefined);
    sending.write('x'.repeat(100_000));
    await eventually(() => upstream.hits === 1);
    sending.destroy();
    await eventually(() => isAborted);
  });

  test('that is refused before its end leaves the client an answer to read', async () => {
    const { url } = await fileShop((_request, response) => {
      response.writeHead(409, { connection: 'close' }).end();
    });
    const sending = ask(`${url}/files/a`, {
      method: 'PUT',
      headers: { 'content-type': 'image/png', 'content-length': 900_000 },
    });
    sending.on('error', () => undefined);
    sending.write('x'.repeat(100_000));
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    expect(response.headers.connection).toBe('close');
    expect(String(await response.setEncoding('utf8').toArray())).toBe('refused with 409');
    sending.destroy();
  });

  test('of the code’s own that breaks is a bug, and ends upstream', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    onTestFinished(() => write.mockRestore());
    const { fetch, gateway } = await fileShop(sum);
    const response = await fetch('/broken', { method: 'POST' });
    expect([response.status, await codeOf(response)]).toEqual([500, 'GW_INTERNAL']);
    expect(String(write.mock.calls)).toContain('no more');
    await eventually(() => gateway.status().upstreams[0]?.slots.used === 0);
  });

  test('may be bytes of the code’s own', async () => {
    const { fetch } = await fileShop(sum);
    expect(await (await fetch('/bytes', { method: 'POST' })).text()).toBe(
      'application/octet-stream 3 3',
    );
  });
});
