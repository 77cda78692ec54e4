/** `/metrics` of the admin port, with scrapers that leave, stall and come in numbers. */
import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { addMetrics } from '../../src/admin/metrics.ts';
import type { Metrics } from '../../src/observe/metrics.ts';

const LINE = `${'a'.repeat(65_535)}\n`;

/** Metrics without an end; `started` and `ended` count the scrapes. */
function endless() {
  const told = { started: 0, ended: 0, pieces: 0 };
  async function* pieces(): AsyncGenerator<string> {
    told.started += 1;
    try {
      for (;;) {
        told.pieces += 1;
        yield LINE;
      }
    } finally {
      told.ended += 1;
    }
  }
  return { told, pieces };
}

async function serve(pieces: () => AsyncGenerator<string>): Promise<URL> {
  const app = Fastify({ forceCloseConnections: true });
  // All that it asks for.
  const metrics = { scrape: () => ({ contentType: 'text/plain', pieces: pieces() }) };
  addMetrics(app, () => metrics as unknown as Metrics);
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  return new URL(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}/metrics`);
}

/** Its head; its body is not read. */
async function begin(url: URL): Promise<IncomingMessage> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  onTestFinished(() => void response.destroy());
  return response;
}

/** However it ends. */
const endOf = (response: IncomingMessage): Promise<void> =>
  new Promise((resolve) => response.resume().once('close', resolve));

test('a scrape ends with its scraper, and makes no more than was read', async () => {
  const { told, pieces } = endless();
  const url = await serve(pieces);
  const response = await begin(url);
  await once(response, 'readable');
  await vi.waitFor(async () => {
    const { pieces: before } = told;
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.pieces).toBe(before);
  });
  expect(told.ended).toBe(0);
  response.destroy();
  await expect.poll(() => told.ended).toBe(1);
});

test('eight run at once, the next is told to come back, and a place is free when one has ended', async () => {
  const { told, pieces } = endless();
  const url = await serve(pieces);
  const running = await Promise.all(Array.from({ length: 8 }, () => begin(url)));
  const next = await fetch(url);
  expect([next.status, next.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await next.json()).toEqual({ error: '8 scrapes are under way' });
  running[0]!.destroy();
  await expect.poll(() => told.ended).toBe(1);
  expect((await begin(url)).statusCode).toBe(200);
});

test('one that stalls is cut off after a minute', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { told, pieces } = endless();
  const response = await begin(await serve(pieces));
  vi.advanceTimersByTime(59_999);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told.ended).toBe(0);
  vi.advanceTimersByTime(1);
  await endOf(response);
  expect([told.ended, response.complete]).toEqual([1, false]);
});

test('one that fails half way is cut, so that half of it is not taken for all', async () => {
  const url = await serve(async function* () {
    yield LINE;
    throw new Error('a metric that cannot be read');
  });
  const response = await begin(url);
  await endOf(response);
  expect(response.complete).toBe(false);
});

test('HEAD has the type, and makes nothing', async () => {
  const { told, pieces } = endless();
  const head = request(await serve(pieces), { method: 'HEAD' }).end();
  const [response] = (await once(head, 'response')) as [IncomingMessage];
  response.resume();
  expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/plain']);
  expect(told.started).toBe(0);
});
