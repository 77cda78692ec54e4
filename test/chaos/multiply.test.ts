import { describe, expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { ask, keptSockets } from './client.ts';
import { inParallel, report } from './measure.ts';
import { anyOf, bursts, type RequestFault } from './faults.ts';
import { startChaos } from './upstream.ts';

const CALLS = 3_000;
const CONCURRENCY = 32;
/** What the budget of the defaults allows. */
const SHARE = 1.2;
const RESERVE_PER_SECOND = 3;

describe.each(['status503', 'resetBeforeHead'] as const)(
  'an upstream that only does %s',
  (fault) => {
    test('is sent a fifth more than its clients ask for, and 3 a second, at most', async () => {
      const chaos = await startChaos(fault);
      const { url } = await startGateway({
        config: {
          upstreams: {
            up: {
              targets: [chaos.url],
              // Never enough calls to open.
              breaker: { minimum: 1_000_000 },
              retry: { attempts: 5, backoff: '1ms' },
            },
          },
          routes: { all: { match: { path: '/*' }, upstream: 'up' } },
        },
      });
      const agent = keptSockets();
      const startedAt = performance.now();
      const answers = await inParallel(CALLS, CONCURRENCY, () => ask(url, { agent }));
      const seconds = (performance.now() - startedAt) / 1_000;

      expect(answers.filter(({ status }) => status !== 502 && status !== 503)).toEqual([]);
      report(fault, { seen: chaos.requests, calls: CALLS, seconds });
      // One second's worth may have been saved before the first call.
      const most = SHARE * CALLS + RESERVE_PER_SECOND * (seconds + 1);
      expect(chaos.requests).toBeLessThanOrEqual(most);
      // The budget is there to be used, too.
      expect(chaos.requests).toBeGreaterThan(CALLS * 1.1);
    });

    test('is sent nothing while its circuit is open', async () => {
      const chaos = await startChaos(fault);
      const { url, gateway } = await startGateway({
        config: {
          upstreams: {
            up: {
              targets: [chaos.url],
              breaker: { open: '60s' },
              retry: { attempts: 5, backoff: '1ms' },
            },
          },
          routes: { all: { match: { path: '/*' }, upstream: 'up' } },
        },
      });
      const agent = keptSockets();
      const isOpen = (): boolean => gateway.status().upstreams[0]!.circuit === 'open';
      while (!isOpen()) await ask(url, { agent });
      const before = chaos.requests;
      const answers = await inParallel(500, CONCURRENCY, () => ask(url, { agent }));
      expect(answers.every(({ code }) => code === 'GW_CIRCUIT_OPEN')).toBe(true);
      expect(chaos.requests).toBe(before);
    });
  },
);

test('an upstream that fails in bursts serves every call, where attempts outlast a burst', async () => {
  const chaos = await startChaos(bursts('status503', 2));
  const { url } = await startGateway({
    config: {
      upstreams: {
        up: {
          targets: [chaos.url],
          breaker: false,
          retry: { attempts: 3, backoff: '1ms', budget: '100%' },
        },
      },
      routes: { all: { match: { path: '/*' }, upstream: 'up' } },
    },
  });
  // One after the other: two that fail and one that does not, then one at once.
  for (let i = 0; i < 100; i++) expect((await ask(url)).status).toBe(200);
  expect(chaos.requests).toBe(200);
});

describe('a POST', () => {
  const FAULTS: readonly RequestFault[] = [
    'ok',
    'slow',
    'resetBeforeHead',
    'resetAfterHead',
    'cutBody',
    'cutChunks',
    'garbage',
    'hang',
    'hangBody',
    'status500',
    'status503',
  ];
  const POSTS = 600;

  /** Two targets, and a fallback to another upstream: three places that could see it again. */
  test('meets an upstream once at most, whatever happens to it', async () => {
    const all = await Promise.all([1, 2, 3].map((seed) => startChaos(anyOf(FAULTS, seed))));
    const [first, second, other] = all;
    const settings = {
      breaker: false,
      retry: { attempts: 4, backoff: '1ms', budget: '100%' },
      timeout: '200ms',
      idleTimeout: '200ms',
      deadline: '1s',
    };
    const { url } = await startGateway({
      config: {
        upstreams: {
          up: { ...settings, targets: [first!.url, second!.url], outlier: { eject: '100ms' } },
          other: { ...settings, targets: [other!.url] },
        },
        routes: {
          all: {
            match: { path: '/*' },
            upstream: 'up',
            fallback: { upstream: 'other', on: ['unavailable', 'timeout', '5xx'] },
          },
        },
      },
    });
    const agent = keptSockets();
    const keys = Array.from({ length: POSTS }, (_, i) => `key-${i}`);
    const post = async (i: number) => {
      // The port of one target closes and opens again: what was not sent may be sent elsewhere.
      if (i === POSTS / 3) await second!.behave('refuse');
      if (i === POSTS / 2) await second!.behave(anyOf(FAULTS, 5));
      const headers = { 'x-key': keys[i]! };
      return ask(url, { agent, method: 'POST', headers, body: `{"n":${i}}` });
    };
    const answers = await inParallel(POSTS, CONCURRENCY, post);

    const met = keys.map((key) => all.reduce((sum, { byKey }) => sum + (byKey.get(key) ?? 0), 0));
    expect(Math.max(...met)).toBe(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(
      new Set([200, 500, 502, 503, 504]),
    );
  });
});
