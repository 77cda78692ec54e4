/** Many sockets, and readers that stop; `npm run figures` has a thousand. */
import { describe, expect, test } from 'vitest';
import { heldMiB } from '../chaos/heap.ts';
import { startGatewayProcess } from '../e2e/gateway-process.ts';
import { ARE_CHECKED, bound, size } from '../helpers/figures.ts';
import { quietPort } from '../helpers/quiet-port.ts';
import { startFlood } from './flood.ts';
import { closeOf, echo, opened, socketGateway, wsUpstream } from './support.ts';

const COUNT = size('SOCKETS', 100, 1_000);

describe('many sockets', () => {
  test('echo a hundred messages each, and requests beside them are answered', async () => {
    const gateway = await socketGateway(await wsUpstream(echo), { upstream: { sockets: COUNT } });
    const clients = [];
    for (let i = 0; i < COUNT; i += 50) {
      clients.push(...(await Promise.all(Array.from({ length: 50 }, () => opened(gateway)))));
    }
    expect(gateway.gateway.status().upstreams[0]!.streams.open).toBe(COUNT);

    const statuses = await Promise.all(
      Array.from({ length: 200 }, async () => (await fetch(`${gateway.url}/plain`)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));

    const counts = await Promise.all(
      clients.map(async (client, i) => {
        let count = 0;
        const { promise, resolve } = Promise.withResolvers<void>();
        client.on('message', (data: Buffer) => {
          if (data.toString() === `${i}:${count}`) count += 1;
          if (count === 100) resolve();
        });
        for (let n = 0; n < 100; n++) client.send(`${i}:${n}`);
        await promise;
        return count;
      }),
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(COUNT * 100);
  }, 120_000);

  test('fifty readers that stop make the gateway store little, however much the upstream sends', async () => {
    const flood = await startFlood();
    const port = await quietPort();
    const gateway = await startGatewayProcess(
      {
        telemetry: { logs: { access: false } },
        upstreams: { up: { targets: [flood.url], sockets: 100 } },
        routes: { live: { match: { path: '/*' }, upstream: 'up', websocket: true } },
      },
      [`--inspect=127.0.0.1:${port}`, '--inspect-publish-uid=http'],
    );
    await flood.carryOut({ url: gateway.url, count: 1, reads: false });
    const before = await heldMiB(port);
    await flood.carryOut({ url: gateway.url, count: 50, reads: false });
    await new Promise((resolve) => setTimeout(resolve, bound(3_000, 1_000)));
    const after = await heldMiB(port);
    const grown = after.heap + after.buffers - before.heap - before.buffers;
    console.log(`50 stopped readers: ${grown.toFixed(1)} MiB`);
    expect(grown).toBeLessThan(16);
  }, 60_000);

  // The first flood makes the process grow: V8 lets some 64 MiB of buffers pile up before it collects them.
  test.runIf(ARE_CHECKED)(
    'fifty readers that stop make a gateway that has carried such a flood grow by less than 16 MiB',
    async () => {
      const flood = await startFlood();
      const gateway = await startGatewayProcess({
        telemetry: { logs: { access: false } },
        upstreams: { up: { targets: [flood.url], sockets: 100 } },
        routes: { live: { match: { path: '/*' }, upstream: 'up', websocket: true } },
      });
      const { url } = gateway;
      const rest = (seconds: number) => new Promise((next) => setTimeout(next, seconds * 1_000));
      await flood.carryOut({ url, count: 50, reads: true });
      await rest(8);
      await flood.carryOut({ url, count: 0, reads: true });
      await rest(5);
      const before = gateway.memoryMiB();

      await flood.carryOut({ url, count: 50, reads: false });
      await rest(5);

      const grown = gateway.memoryMiB() - before;
      console.log(`50 stopped readers: ${before.toFixed(0)} MiB and ${grown.toFixed(1)}`);
      expect(grown).toBeLessThan(16);
    },
    60_000,
  );
});

describe('a real SIGTERM', () => {
  test('closes all sockets with 1012, one after another, within the grace', async () => {
    const gateway = await startGatewayProcess({
      server: { shutdown: { grace: '10s' } },
      telemetry: { logs: { access: false } },
      upstreams: { up: { targets: [await wsUpstream(echo)], sockets: COUNT } },
      routes: { live: { match: { path: '/*' }, upstream: 'up', websocket: true } },
    });
    const clients: Awaited<ReturnType<typeof opened>>[] = [];
    for (let i = 0; i < COUNT; i += 50) {
      clients.push(...(await Promise.all(Array.from({ length: 50 }, () => opened(gateway)))));
    }
    const begun = performance.now();
    const closed = Promise.all(
      clients.map(async (client) => {
        const [code] = await closeOf(client);
        return { code, ms: performance.now() - begun };
      }),
    );

    expect(await gateway.stop()).toBe(0);

    const all = await closed;
    const times = all.map(({ ms }) => ms).toSorted((a, b) => a - b);
    console.log(
      `${COUNT} sockets at SIGTERM: the first after ${times[0]!.toFixed(0)} ms, the last after ${times.at(-1)!.toFixed(0)} ms`,
    );
    expect(new Set(all.map(({ code }) => code))).toEqual(new Set([1012]));
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(500);
    expect(times.at(-1)!).toBeLessThan(10_000);
  }, 60_000);
});
