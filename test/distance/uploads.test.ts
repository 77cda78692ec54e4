/** Uploads from a client that is 50 ms away, and what it may leave unread here. */
import type { ClientHttp2Session } from 'node:http2';
import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { bound, FIGURE_TRIES } from '../helpers/figures.ts';
import { ask, fetchH2, openH2 } from '../helpers/h2-client.ts';
import { startRelay } from '../helpers/relay.ts';
import { pair } from '../listener/gateway.ts';

const MIB = 1_048_576;

/** A gateway behind 50 ms, before an upstream that counts what it is sent, and one that never answers. */
async function far() {
  const counting = await startUpstream((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => response.end(String(bytes)));
  });
  const hanging = await startUpstream(() => undefined);
  const gateway = await startGateway({
    config: {
      server: { tls: pair('server'), limits: { body: '64MiB' } },
      upstreams: {
        up: { targets: [counting] },
        hanging: {
          targets: [hanging],
          timeout: '1m',
          deadline: '2m',
          bulkhead: { concurrency: 1, queue: 100, wait: '1m' },
        },
      },
      routes: {
        all: forwardTo('/*'),
        hanging: { match: { path: '/hanging' }, upstream: 'hanging' },
      },
    },
  });
  const slots = () =>
    gateway.gateway.status().upstreams.find(({ name }) => name === 'hanging')!.slots;
  return { relay: await startRelay(gateway.url), slots };
}

async function upload(session: ClientHttp2Session, bytes: number): Promise<number> {
  const { body } = await fetchH2(session, { ':method': 'PUT', ':path': '/' }, Buffer.alloc(bytes));
  return Number(body.toString());
}

describe('an upload over HTTP/2 from 50 ms away', FIGURE_TRIES, () => {
  test('of 10 MiB takes at most 0.8 s, handshake included', async () => {
    const { relay } = await far();
    const startedAt = performance.now();
    const session = await openH2(relay.url);
    expect(await upload(session, 10 * MIB)).toBe(10 * MIB);
    // With windows of 64 KiB it is 8 s on a quiet machine.
    expect(performance.now() - startedAt).toBeLessThan(bound(800, 7_000));
  });

  test('is as fast beside seven others', async () => {
    const { relay } = await far();
    const session = await openH2(relay.url);
    const startedAt = performance.now();
    const received = await Promise.all(Array.from({ length: 8 }, () => upload(session, 5 * MIB)));
    expect(received).toEqual(Array.from({ length: 8 }, () => 5 * MIB));
    expect(performance.now() - startedAt).toBeLessThan(bound(1_600, 15_000));
  });
});

test('a hundred stalled uploads hold no more than their bounds, and keep no other from its end', async () => {
  const { relay, slots } = await far();
  const session = await openH2(relay.url, { maxSessionMemory: 1_000 });
  // One that was fast has widened the windows of all.
  await upload(session, 2 * MIB);
  const before = relay.sent;
  for (let i = 0; i < 99; i++) {
    ask(session, { ':method': 'PUT', ':path': '/hanging' }).write(Buffer.alloc(MIB));
  }
  await expect.poll(() => slots().queued + slots().used, { timeout: 10_000 }).toBe(99);
  expect(await upload(session, 2 * MIB)).toBe(2 * MIB);
  // Unread, and what each has on its way upstream: collected, and in two buffers. Frames and TLS add a little.
  const most = 16 * MIB + 99 * 3 * 65_536;
  expect(relay.sent - before - 2 * MIB).toBeLessThan(most * 1.02);
});
