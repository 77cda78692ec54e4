/** `EventSource`, as browsers have it, across a restart of the gateway. */
import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { testGateway } from '../../src/testing.ts';
import { describeBrowser, oneBrowser, openTab } from '../admin/page/browser.ts';
import { eventually, startUpstream } from '../helpers/upstream.ts';

oneBrowser();

/** Numbers its events, and goes on after the last one that a client has seen. */
async function numbering() {
  const asked: (string | undefined)[] = [];
  const open: { readonly answer: ServerResponse; next: number }[] = [];
  const { url } = await startUpstream((request, answer) => {
    if (request.url !== '/events') {
      answer.setHeader('content-type', 'text/html').end('<title>events</title>');
      return;
    }
    const last = request.headers['last-event-id'] as string | undefined;
    asked.push(last);
    const each = { answer, next: Number(last ?? 0) + 1 };
    open.push(each);
    answer.on('close', () => open.splice(open.indexOf(each), 1));
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
  });
  const tell = (): void => {
    for (const each of open) each.answer.write(`id: ${each.next}\ndata: ${each.next++}\n\n`);
  };
  return { url, asked, open, tell };
}

describeBrowser('a page with an EventSource', { timeout: 60_000 }, () => {
  test('comes back after a stop, and misses no event', async () => {
    const upstream = await numbering();
    const start = async (port: number) => {
      const gateway = await testGateway({
        random: () => 0,
        config: {
          server: { port, shutdown: { grace: '5s' } },
          upstreams: { up: { targets: [upstream.url] } },
          routes: { all: { match: { path: '/*' }, upstream: 'up' } },
        },
      });
      onTestFinished(() => gateway.close());
      return gateway;
    };
    const first = await start(0);
    const { page, faults } = await openTab(first.url);
    await page.goto(`${first.url}/page`);
    await page.evaluate(() => {
      const got: string[] = [];
      Object.assign(globalThis, { got });
      new EventSource('/events').addEventListener('message', ({ data }) => got.push(String(data)));
    });
    const got = (): Promise<string[]> =>
      page.evaluate(() => (globalThis as unknown as { readonly got: string[] }).got);
    await eventually(() => upstream.open.length === 1);
    upstream.tell();
    upstream.tell();
    await expect.poll(got).toEqual(['1', '2']);

    expect(await first.gateway.close()).toBe(true);
    await start(Number(new URL(first.url).port));
    await eventually(() => upstream.open.length === 1, 15_000);
    upstream.tell();

    await expect.poll(got).toEqual(['1', '2', '3']);
    expect(upstream.asked).toEqual([undefined, '2']);
    expect(faults).toEqual([]);
  });
});
