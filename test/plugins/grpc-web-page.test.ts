/** gRPC-Web as a page in a browser calls it: another origin, `fetch`, chunks as they come. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Metadata } from '@grpc/grpc-js';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { describeBrowser, oneBrowser, openTab } from '../admin/page/browser.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { startStock } from '../helpers/grpc.ts';
import { BINARY, readFrames, sent, TEXT } from '../helpers/grpc-web.ts';

oneBrowser();

/** A page of an origin of its own. */
async function startPage(): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>shop</title>');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What the page saw of a call: chunks in base64, because only JSON leaves it. */
interface Seen {
  readonly status: number;
  readonly type: string;
  readonly chunks: readonly string[];
}

/** Runs in the page. With `stop`, it leaves after the first chunk. */
async function call({
  url,
  type,
  body,
  stop,
}: {
  readonly url: string;
  readonly type: string;
  readonly body: readonly number[];
  readonly stop: boolean;
}): Promise<Seen> {
  const leaving = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': type,
      'x-grpc-web': '1',
      'x-user-agent': 'grpc-web-javascript/0.1',
      'grpc-timeout': '20S',
    },
    body: new Uint8Array(body),
    signal: leaving.signal,
  });
  const chunks: string[] = [];
  const reader = response.body!.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(btoa(String.fromCharCode(...next.value)));
    if (stop) {
      leaving.abort();
      break;
    }
    await (globalThis as unknown as { readonly gotChunk: () => Promise<void> }).gotChunk();
  }
  const { status, headers } = response;
  return { status, type: headers.get('content-type') ?? '', chunks };
}

const METHOD = (name: string) => `/shop.Stock/${name}`;

describeBrowser('a page of another origin', { timeout: 60_000 }, () => {
  /** A page, and calls that it makes through a gateway. */
  async function opened() {
    const state = { cancelled: 0, goOn: (): void => undefined };
    const { url: origin } = await startStock({
      Get({ request }, done) {
        if (request.toString() !== 'missing') done(null, Buffer.from(`got ${request.toString()}`));
        else done({ code: 5, details: 'no sku ñ', metadata: new Metadata() });
      },
      Watch(stream) {
        stream.on('cancelled', () => (state.cancelled += 1));
        stream.write(Buffer.from('one'));
        state.goOn = () => {
          stream.write(Buffer.from('two'));
          stream.end();
        };
      },
    });
    const page = await startPage();
    const { url } = await startGateway({
      config: {
        upstreams: { up: { targets: [origin], http2: true } },
        routes: { all: forwardTo('/*', { grpcWeb: {}, cors: { origins: [page], headers: [] } }) },
      },
    });
    const tab = await openTab(page);
    await tab.page.exposeFunction('gotChunk', () => {
      state.goOn();
      state.goOn = () => undefined;
    });
    await tab.page.goto(page);
    return { state, tab, ...calling(tab.page, url) };
  }

  function calling(page: Page, url: string) {
    const ask = (method: string, type: string, message: string, stop = false): Promise<Seen> =>
      page.evaluate(call, { url: url + method, type, body: [...sent(type, message)], stop });
    const read = ({ type, chunks }: Seen) =>
      readFrames(type, Buffer.concat(chunks.map((chunk) => Buffer.from(chunk, 'base64'))));
    return { ask, read };
  }

  test.each([BINARY, TEXT])('calls and reads messages and errors, as %s', async (type) => {
    const { ask, read, tab } = await opened();
    const good = await ask(METHOD('Get'), type, 'x');
    expect([good.status, good.type]).toEqual([200, type]);
    expect(read(good)).toMatchObject({ messages: ['got x'], trailers: { 'grpc-status': '0' } });
    expect(read(await ask(METHOD('Get'), type, 'missing'))).toEqual({
      messages: [],
      trailers: { 'grpc-status': '5', 'grpc-message': 'no%20sku%20%C3%B1' },
    });
    expect(read(await ask(METHOD('None'), type, 'x')).trailers).toMatchObject({
      'grpc-status': '12',
    });
    expect(tab.faults).toEqual([]);
  });

  test.each([BINARY, TEXT])('reads a stream chunk by chunk, as %s', async (type) => {
    const { ask, read } = await opened();
    // The service sends the second message once the page has the first.
    const seen = await ask(METHOD('Watch'), type, 'x');
    expect(read(seen)).toMatchObject({
      messages: ['one', 'two'],
      trailers: { 'grpc-status': '0' },
    });
  });

  test('ends the call of the service where it leaves in the middle of a stream', async () => {
    const { ask, read, state } = await opened();
    const seen = await ask(METHOD('Watch'), TEXT, 'x', true);
    expect(read(seen).messages).toEqual(['one']);
    await expect.poll(() => state.cancelled).toBe(1);
  });
});
