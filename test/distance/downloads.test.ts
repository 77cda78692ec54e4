/** Answers of an upstream that is 50 ms away and speaks HTTP/2. */
import { get } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { aRequest } from '../helpers/call.ts';
import { bound, FIGURE_TRIES } from '../helpers/figures.ts';
import { startRelay } from '../helpers/relay.ts';
import { startH2 } from '../helpers/secure-upstream.ts';
import { chainTo } from '../helpers/state.ts';

const BYTES = 10 * 1_048_576;

/** How long `task` takes, in ms. */
async function timed(task: () => Promise<unknown>): Promise<number> {
  const startedAt = systemClock.now();
  await task();
  return systemClock.now() - startedAt;
}

/** 10 MiB over HTTP/1.1, without a gateway. */
async function direct(url: string): Promise<void> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage];
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  expect(bytes).toBe(BYTES);
}

describe('an answer over HTTP/2 from 50 ms away', FIGURE_TRIES, () => {
  // A stream has 4 MiB ahead: wider windows would let fewer stalled readers hold up all others of a session.
  test('of 10 MiB takes at most 1.5 times as long as without the gateway, or 0.25 s', async () => {
    const body = Buffer.alloc(BYTES);
    const plain = await startRelay(
      await startUpstream((_request, response) => void response.end(body)),
    );
    const h2 = await startH2((stream) => {
      stream.respond({ ':status': 200 });
      stream.end(body);
    });
    const { call } = chainTo((await startRelay(h2.url)).url, { http2: true });
    const own = await timed(() => direct(plain.url));
    const ours = await timed(async () => {
      const response = await call(aRequest());
      expect((await response.body.bytes(BYTES)).length).toBe(BYTES);
    });
    expect(ours).toBeLessThan(Math.max(own * bound(1.5, 6), bound(250, 2_000)));
  });
});
