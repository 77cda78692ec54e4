import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { MirrorList } from '../../src/admin/page-data.ts';
import { startGatewayProcess } from '../e2e/gateway-process.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { bound, FIGURE_TRIES, size } from '../helpers/figures.ts';
import { quietPort } from '../helpers/quiet-port.ts';
import { ask, keptSockets } from './client.ts';
import { liveHeapMiB } from './heap.ts';
import { inParallel, quantile, report } from './measure.ts';

const CALLS = size('MIRROR_CALLS', 100, 1_000);
const ROUNDS = size('MIRROR_ROUNDS', 2, 10);
const CONCURRENCY = 16;
/** Of a service as there are many; a mirror costs CPU time, which shows beside one that answers at once. */
const ANSWERS_AFTER_MS = 20;
/** p95 with a mirror that hangs, in times of that without. */
const MOST = bound(1.05, 10);
/** Of the heap, from round to round. */
const MOST_MIB = bound(2, 20);

test(
  `mirrors at 100 % of a service that hangs leave the p95 within ${MOST} times of what it was, and memory flat`,
  { timeout: 120_000, ...FIGURE_TRIES },
  async () => {
    const body = JSON.stringify(Array.from({ length: 50 }, (_, id) => ({ id, price: id * 1.5 })));
    const service = await startUpstream((_request, response) => {
      response.setHeader('content-type', 'application/json');
      void sleep(ANSWERS_AFTER_MS).then(() => response.end(body));
    });
    const hanging = await startUpstream(() => undefined);
    const upstream = 'service';
    const inspector = await quietPort();
    const config = {
      telemetry: { logs: { access: false } },
      upstreams: { service: { targets: [service] }, hanging: { targets: [hanging] } },
      routes: {
        plain: { match: { path: '/plain' }, upstream },
        copied: { match: { path: '/copied' }, upstream, mirror: { upstream: 'hanging', compare: true } }, // prettier-ignore
      },
    };
    const gateway = await startGatewayProcess(config, [
      `--inspect=127.0.0.1:${inspector}`,
      '--inspect-publish-uid=http',
    ]);
    const agent = keptSockets();
    const timesOf = (path: string): Promise<number[]> =>
      inParallel(CALLS, CONCURRENCY, async () => {
        const startedAt = performance.now();
        expect((await ask(gateway.url + path, { agent })).status).toBe(200);
        return performance.now() - startedAt;
      });
    // They warm up.
    for (const path of ['/plain', '/copied']) await timesOf(path);
    const before = await liveHeapMiB(inspector);
    const [plain, copied]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      plain.push(...(await timesOf('/plain')));
      copied.push(...(await timesOf('/copied')));
    }
    const grownMiB = (await liveHeapMiB(inspector)) - before;
    const ratio = quantile(copied, 0.95) / quantile(plain, 0.95);
    report('mirror', { ratio, grownMiB });
    const { mirrors } = (await (await fetch(`${gateway.adminUrl}/mirrors`)).json()) as MirrorList;
    expect(mirrors[0]!.open).toBeLessThanOrEqual(16);
    expect(mirrors[0]!.outcomes['full']).toBeGreaterThan(0);
    expect(ratio).toBeLessThanOrEqual(MOST);
    expect(grownMiB).toBeLessThanOrEqual(MOST_MIB);
  },
);
