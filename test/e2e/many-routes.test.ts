import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bound, FIGURE_TRIES, size } from '../helpers/figures.ts';
import { load } from '../helpers/http-load.ts';
import { type MeasuredGateway, startMeasuredGateway } from './measured-gateway.ts';

const ROUTES = size('ROUTES', 1_000, 10_000);
const ROUNDS = size('ROUNDS', 1, 7);
const REQUESTS = size('REQUESTS', 500, 5_000);
const CONNECTIONS = 8;

async function startUpstream(): Promise<string> {
  const server = createServer((_request, response) => response.end('well'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const route = (i: number): string => `  r${i}:
    match: { path: /api/r${i}/* }
    upstream: orders
    rewrite: /r${i}/*
    rateLimit: { max: 1000000, window: 1m }
`;

/** A gateway with `count` routes, each with a limit and a rewrite. */
async function startGateway(count: number): Promise<MeasuredGateway> {
  const gateway = await startMeasuredGateway(`version: 1
server: { host: 127.0.0.1, port: 0 }
admin: false
telemetry: { logs: { access: false } }
upstreams: { orders: { targets: ["${await startUpstream()}"] } }
routes:
${Array.from({ length: count }, (_, i) => route(i)).join('')}`);
  onTestFinished(() => gateway.stop());
  return gateway;
}

/** What a request to one of `count` routes costs a gateway. */
async function cpuOfRequest(gateway: MeasuredGateway, count: number): Promise<number> {
  const { url } = gateway;
  const before = await gateway.cpuMs();
  // Every thread of the load asks for another route, and each round for others.
  const urls = Array.from(
    { length: CONNECTIONS },
    () => `${url}/api/r${Math.floor(Math.random() * count)}/x`,
  );
  let left = REQUESTS;
  const asked = await load(urls, CONNECTIONS, () => left-- <= 0);
  expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([200]));
  return ((await gateway.cpuMs()) - before) / asked.length;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

describe('a gateway with many routes', { timeout: 120_000, ...FIGURE_TRIES }, () => {
  test('is ready soon, is small, and lets others run while it loads', async () => {
    const { url, readyMs, longestBlockMs, memoryMiB } = await startGateway(ROUTES);
    const last = await fetch(`${url}/api/r${ROUTES - 1}/x`);
    expect(await last.text()).toBe('well');
    expect(readyMs).toBeLessThan(bound(4_000, 60_000));
    expect(longestBlockMs).toBeLessThan(bound(50, 5_000));
    expect(memoryMiB).toBeLessThan(450);
  });

  test('serves a request at the price of a gateway with one', async () => {
    const one = await startGateway(1);
    const many = await startGateway(ROUTES);
    const ratios: number[] = [];
    await cpuOfRequest(one, 1);
    await cpuOfRequest(many, ROUTES);
    for (let round = 0; round < ROUNDS; round++) {
      ratios.push((await cpuOfRequest(many, ROUTES)) / (await cpuOfRequest(one, 1)));
    }
    expect(median(ratios)).toBeLessThan(bound(1.1, 10));
  });
});
