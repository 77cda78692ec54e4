import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open } from '../gateway/support/socket.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { FIGURE_TRIES, LEAVES_WITHIN_MS } from '../helpers/figures.ts';

const CONNECTIONS = 20;

const post = (length: number, body: string): string =>
  `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n${body}`;
const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const WHOLE = post(5, 'hello');
const LONG = 'x'.repeat(70_000);

/** A gateway in front of an upstream that never ends an answer, and begins one only if `begins`. */
async function world(begins: boolean) {
  const seen = { requests: 0, open: 0 };
  const origin = await startUpstream((request, response) => {
    seen.requests += 1;
    seen.open += 1;
    request.resume();
    if (begins) response.writeHead(200).write('some');
    response.once('close', () => (seen.open -= 1));
  });
  const { url, gateway } = await startGateway({
    config: { upstreams: { up: { targets: [origin] } }, routes: { all: forwardTo('/*') } },
  });
  const used = (): number | undefined => gateway.status().upstreams[0]?.slots.used;
  return { url, gateway, used, seen };
}

describe('requests on one connection all end within 50 ms of its end', FIGURE_TRIES, () => {
  test.each([
    ['whose last body is cut', WHOLE + WHOLE + post(10, 'cut'), 2],
    ['whose last long body is cut', WHOLE + WHOLE + post(100_000, LONG), 3],
    [
      'whose last chunk is cut',
      `${WHOLE}${WHOLE}POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel`,
      2,
    ],
    ['whose last head is cut', `${GET}${GET}GET / HTTP/1.1\r\nhost:`, 2],
    ['that are whole', WHOLE + WHOLE + WHOLE, 3],
    ['of which the last is no HTTP', `${WHOLE}${WHOLE}GARBAGE\r\n\r\n`, 2],
  ])('%s', async (_which, text, calls) => {
    for (const begins of [true, false]) {
      const { url, gateway, used, seen } = await world(begins);
      const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(url)));
      for (const socket of sockets) socket.resume().write(text);
      await expect.poll(() => seen.requests).toBe(CONNECTIONS * calls);

      const endedAt = performance.now();
      for (const socket of sockets) socket.end();
      await expect.poll(used, { interval: 5, timeout: 5_000 }).toBe(0);

      expect(performance.now() - endedAt).toBeLessThan(LEAVES_WITHIN_MS);
      await expect.poll(() => seen.open).toBe(0);
      await expect.poll(() => gateway.status().inflight).toBe(0);
    }
  });
});
