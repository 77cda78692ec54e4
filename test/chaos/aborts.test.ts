import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { expect, test } from 'vitest';
import { startGatewayProcess } from '../e2e/gateway-process.ts';
import { size } from '../helpers/figures.ts';
import { quietPort } from '../helpers/quiet-port.ts';
import { eventually } from '../helpers/upstream.ts';
import { ask, send } from './client.ts';
import { liveHeapMiB } from './heap.ts';
import { inParallel, report } from './measure.ts';
import { type Chaos, startChaos } from './upstream.ts';

/** In each round. */
const ABORTS = size('ABORTS', 1_000, 10_000);
const CONCURRENCY = 64;
/** Clients that go on being served well meanwhile. */
const BESIDE = 16;
/**
 * What the heap of the process, garbage collected, may gain by one more round. One exchange kept for each
 * client would be ten times that.
 */
const MOST_MIB = 1;

/** Half way: the upstream has the request and owes the head, or half of the body; or half of an upload. */
const WAYS = [
  async (url: string, key: string, chaos: Chaos): Promise<ClientRequest> => {
    const sent = send(`${url}/hang`, { headers: { 'x-key': key } });
    await eventually(() => chaos.byKey.has(key));
    return sent;
  },
  async (url: string, key: string): Promise<ClientRequest> => {
    const sent = send(`${url}/hangHalf`, { headers: { 'x-key': key } });
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    await once(response, 'data');
    return sent;
  },
  async (url: string, key: string, chaos: Chaos): Promise<ClientRequest> => {
    // More than is collected before the upstream is called.
    const headers = { 'x-key': key, 'content-length': '100000' };
    const sent = request(`${url}/ok`, { method: 'POST', headers, agent: false });
    sent.on('error', () => undefined).write('x'.repeat(50));
    await eventually(() => chaos.byKey.has(key));
    return sent;
  },
];

/** Calls that end well, until they are stopped; says whether one did not. */
function serveBeside(url: string): { stop: () => Promise<number> } {
  const agent = new Agent({ keepAlive: true });
  const over = new AbortController();
  let failures = 0;
  const clients = inParallel(BESIDE, BESIDE, async () => {
    while (!over.signal.aborted) {
      const { status } = await ask(`${url}/ok`, { agent });
      if (status !== 200) failures += 1;
    }
  });
  return {
    stop: async () => {
      over.abort();
      await clients;
      agent.destroy();
      return failures;
    },
  };
}

test(
  `${ABORTS} clients that leave half way leave nothing behind`,
  { timeout: 120_000 },
  async () => {
    const chaos = await startChaos(
      ({ url }) => (url === '/hang' ? 'hang' : url === '/hangHalf' ? 'hangHalf' : 'ok'),
      { keepAliveMs: 3_000 },
    );
    const inspector = await quietPort();
    const gateway = await startGatewayProcess(
      {
        telemetry: { logs: { access: false } },
        upstreams: { up: { targets: [chaos.url], timeout: '60s', deadline: '60s' } },
        routes: { all: { match: { path: '/*' }, upstream: 'up' } },
      },
      [`--inspect=127.0.0.1:${inspector}`, '--inspect-publish-uid=http'],
    );
    const gauge = async (name: string): Promise<number> => {
      const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      return Number(new RegExp(`^${name}{upstream="up"} (\\d+)`, 'm').exec(text)?.[1]);
    };
    const heaps: number[] = [];
    let aborted = 0;
    const round = async (): Promise<void> => {
      const beside = serveBeside(gateway.url);
      await inParallel(ABORTS, CONCURRENCY, async (i) => {
        const key = `key-${heaps.length}-${i}`;
        const sent = await WAYS[i % WAYS.length]!(gateway.url, key, chaos);
        sent.destroy();
      });
      aborted += ABORTS;
      // The upstream hears of every one.
      await eventually(() => chaos.aborts === aborted);
      expect(await beside.stop()).toBe(0);
      expect(await gauge('portico_bulkhead_slots')).toBe(0);
      expect(await gauge('portico_bulkhead_queue')).toBe(0);
      // What is left are connections that were used to the end, and may be used again.
      expect(chaos.sockets).toBeLessThanOrEqual(BESIDE + CONCURRENCY);
      heaps.push(await liveHeapMiB(inspector));
    };

    // The first one opens, compiles and caches what every process does once.
    for (let i = 0; i < 3; i++) await round();

    report('aborts', { heaps, sockets: chaos.sockets, memory: gateway.memoryMiB() });
    expect(heaps[2]! - heaps[1]!).toBeLessThan(MOST_MIB);
    // Those too are closed when nobody needs them.
    await eventually(() => chaos.sockets === 0);
  },
);
