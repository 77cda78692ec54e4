import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open } from '../gateway/support/socket.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { FIGURE_TRIES, LEAVES_WITHIN_MS } from '../helpers/figures.ts';

/** An upstream that notes when its client leaves; `begin` may start an answer before. */
async function slow(begin: (response: ServerResponse) => void = () => {}) {
  const seen = { requests: 0, leftAt: 0 };
  const origin = await startUpstream((request, response) => {
    request.resume();
    seen.requests += 1;
    response.once('close', () => (seen.leftAt = performance.now()));
    begin(response);
  });
  return { origin, seen };
}

// Client, gateway and upstream share this process, and the machine may be busy.
describe('a client that leaves', FIGURE_TRIES, () => {
  test.each([
    ['before the head', undefined],
    [
      'within the body',
      (response: ServerResponse) => {
        response.writeHead(200).write('begun');
      },
    ],
  ])('%s ends the call to the upstream at once', async (_when, begin) => {
    const { origin, seen } = await slow(begin);
    const { url, gateway } = await startGateway({
      config: { upstreams: { up: { targets: [origin] } }, routes: { all: forwardTo('/*') } },
    });
    const socket = await open(url);
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await expect.poll(() => seen.requests).toBe(1);
    if (begin !== undefined) await once(socket, 'data');

    const leftAt = performance.now();
    socket.destroy();
    await expect.poll(() => seen.leftAt, { interval: 5 }).toBeGreaterThan(0);

    expect(seen.leftAt - leftAt).toBeLessThan(LEAVES_WITHIN_MS);
    const [up] = gateway.status().upstreams;
    expect(up).toMatchObject({ circuit: 'closed', slots: { used: 0, queued: 0 } });
    await expect.poll(() => gateway.status().inflight).toBe(0);
  });

  test('in the middle of its upload ends the call too', async () => {
    const { origin, seen } = await slow();
    const { url } = await startGateway({
      config: { upstreams: { up: { targets: [origin] } }, routes: { all: forwardTo('/*') } },
    });
    const socket = await open(url);
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\nhello');
    await expect.poll(() => seen.requests).toBe(1);

    const leftAt = performance.now();
    socket.destroy();
    await expect.poll(() => seen.leftAt, { interval: 5 }).toBeGreaterThan(0);

    expect(seen.leftAt - leftAt).toBeLessThan(LEAVES_WITHIN_MS);
  });

  test('ends every part of an aggregate', async () => {
    const one = await slow();
    const two = await slow();
    const { url, gateway } = await startGateway({
      config: {
        upstreams: { one: { targets: [one.origin] }, two: { targets: [two.origin] } },
        routes: {
          both: {
            match: { path: '/' },
            aggregate: { a: { upstream: 'one', path: '/a' }, b: { upstream: 'two', path: '/b' } },
          },
        },
      },
    });
    const socket = await open(url);
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await expect.poll(() => one.seen.requests + two.seen.requests).toBe(2);

    const leftAt = performance.now();
    socket.destroy();
    await expect
      .poll(() => Math.min(one.seen.leftAt, two.seen.leftAt), { interval: 5 })
      .toBeGreaterThan(0);

    expect(Math.max(one.seen.leftAt, two.seen.leftAt) - leftAt).toBeLessThan(LEAVES_WITHIN_MS);
    await expect.poll(() => gateway.status().inflight).toBe(0);
  });

  test('is not one whose POST has been read and whose answer is due', async () => {
    const origin = await startUpstream((request, response) => {
      request.resume().once('end', () => setTimeout(() => response.end('late'), 100));
    });
    const { fetch } = await startGateway({
      config: { upstreams: { up: { targets: [origin] } }, routes: { all: forwardTo('/*') } },
    });
    const response = await fetch('/', { method: 'POST', body: 'x' });
    expect([response.status, await response.text()]).toEqual([200, 'late']);
  });
});

describe('an upstream that stops in the middle of its answer', () => {
  test('ends the connection to the client, so that nobody takes the answer for complete', async () => {
    const origin = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('12345');
      setTimeout(() => response.destroy(), 30);
    });
    const { fetch, gateway } = await startGateway({
      config: { upstreams: { up: { targets: [origin] } }, routes: { all: forwardTo('/*') } },
    });

    const response = await fetch('/');
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();

    expect(gateway.status().upstreams[0]).toMatchObject({ slots: { used: 0 } });
  });
});
