import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type DnsServer, startDnsServer } from '../helpers/dns-server.ts';
import { codeOf, forwardTo, startGateway } from './support/gateway.ts';

interface Instance {
  readonly address: string;
  readonly port: number;
  hits: number;
  lastHost: string;
}

/** A server on a loopback address; port 0 takes a free port. */
async function startInstance(address: string, port = 0): Promise<Instance> {
  const server = createServer(({ headers }, response) => {
    instance.hits += 1;
    instance.lastHost = headers.host ?? '';
    setTimeout(() => response.end(address), 2);
  });
  await once(server.listen(port, address), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port: actual } = server.address() as AddressInfo;
  const instance: Instance = { address, port: actual, hits: 0, lastHost: '' };
  return instance;
}

const gatewayTo = (discover: object, more: object = {}) =>
  startGateway({
    config: {
      admin: { port: 0 },
      upstreams: { up: { discover, retry: false, ...more } },
      routes: { all: forwardTo('/*') },
    },
  });

/**
 * Sends requests on 32 connections, as fast as answers come, until `isOver`; returns every answer that
 * was not 200.
 */
async function load(url: string, isOver: (asked: number) => boolean): Promise<string[]> {
  const pool = new Pool(url, { connections: 32 });
  const failed: string[] = [];
  let asked = 0;
  const client = async (): Promise<void> => {
    while (!isOver(asked)) {
      asked += 1;
      const { statusCode, body } = await pool.request({ path: '/a', method: 'GET' });
      const text = await body.text();
      if (statusCode !== 200) failed.push(`${statusCode} ${text}`);
    }
  };
  await Promise.all(Array.from({ length: 32 }, client));
  await pool.close();
  return failed;
}

describe('targets that are looked up', () => {
  test('are known before the first request is served, and get the name as Host', async () => {
    const instance = await startInstance('127.0.0.1');
    const dns = await startDnsServer({ 'orders.svc': { A: ['127.0.0.1'] } });
    const { port } = instance;
    const { fetch, gateway } = await gatewayTo({ dns: 'orders.svc', port, resolver: dns.address });
    expect((await fetch('/a')).status).toBe(200);
    expect(instance.lastHost).toBe(`orders.svc:${port}`);
    expect(gateway.status().upstreams[0]?.targets).toMatchObject([
      { origin: `http://127.0.0.1:${port}`, weight: 1, healthy: true },
    ]);
  });

  test('that cannot be looked up do not make a config fail: requests get GW_NO_TARGET', async () => {
    const dns = await startDnsServer({ 'orders.svc': 'SERVFAIL' });
    const { fetch } = await gatewayTo({ dns: 'orders.svc', port: 1, resolver: dns.address });
    const response = await fetch('/a');
    expect([response.status, await codeOf(response)]).toEqual([503, 'GW_NO_TARGET']);
  });

  test.each(['SERVFAIL', 'empty', 'gone'])(
    'stay as they are when the answer is %s',
    async (bad) => {
      const { port } = await startInstance('127.0.0.1');
      const dns = await startDnsServer({ 'orders.svc': { A: ['127.0.0.1'] } });
      const { fetch } = await gatewayTo({
        dns: 'orders.svc',
        port,
        resolver: dns.address,
        refresh: '50ms',
      });
      if (bad === 'gone') dns.zone.delete('orders.svc');
      else dns.zone.set('orders.svc', bad === 'empty' ? { A: [] } : 'SERVFAIL');
      const asked = dns.questions.length;
      await expect.poll(() => dns.questions.length).toBeGreaterThan(asked + 1);
      expect((await fetch('/a')).status).toBe(200);
    },
  );

  test('move the traffic within the refresh time, and no request fails', async () => {
    const first = await startInstance('127.0.0.1');
    const second = await startInstance('127.0.0.2', first.port);
    const third = await startInstance('127.0.0.3', first.port);
    const dns: DnsServer = await startDnsServer({
      'orders.svc': { A: ['127.0.0.1', '127.0.0.2'] },
    });
    const { url, gateway } = await gatewayTo({
      dns: 'orders.svc',
      port: first.port,
      resolver: dns.address,
      refresh: '300ms',
    });
    let isOver = false;
    const failures = load(url, () => isOver);
    await expect.poll(() => Math.min(first.hits, second.hits)).toBeGreaterThan(50);

    dns.zone.set('orders.svc', { A: ['127.0.0.2', '127.0.0.3'] });
    // The refresh time, a tenth of jitter, and the look-up.
    await sleep(300 * 1.1 + 150);
    const [atFirst, atThird] = [first.hits, third.hits];
    await sleep(200);
    expect(first.hits).toBe(atFirst);
    expect(third.hits).toBeGreaterThan(atThird);

    isOver = true;
    expect(await failures).toEqual([]);
    expect(gateway.status().upstreams[0]?.targets.map(({ origin }) => origin)).toEqual([
      `http://127.0.0.2:${first.port}`,
      `http://127.0.0.3:${first.port}`,
    ]);
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).not.toContain(`target="http://127.0.0.1:`);
  });

  test.each(['leastRequest', 'roundRobin'])(
    'get calls by the weights of their SRV records (%s)',
    async (balance) => {
      const names = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
      const instances = await Promise.all(names.map((address) => startInstance(address)));
      const weights = [50, 30, 20];
      const dns = await startDnsServer({
        '_http._tcp.orders.svc': {
          SRV: instances.map(({ port }, i) => ({ port, weight: weights[i]!, name: `i${i}.svc` })),
        },
        ...Object.fromEntries(names.map((address, i) => [`i${i}.svc`, { A: [address] }])),
      });
      const { url } = await gatewayTo(
        { dns: '_http._tcp.orders.svc', type: 'SRV', resolver: dns.address },
        { balance },
      );
      expect(await load(url, (asked) => asked >= 10_000)).toEqual([]);
      const total = instances.reduce((sum, { hits }) => sum + hits, 0);
      for (const [i, { hits }] of instances.entries()) {
        expect(Math.abs(hits / total / (weights[i]! / 100) - 1)).toBeLessThan(0.05);
      }
    },
  );
});
