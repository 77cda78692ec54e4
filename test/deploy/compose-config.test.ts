/** deploy/compose: what the services' configs say of each other is true, and the gateway's serves. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseDuration } from '../../src/config/schema/units.ts';
import { run } from '../cli/run.ts';
import { COMPOSE, PORTICO } from './compose.ts';
import { CONFIG, deployedConfig, imageEnvironment, mounted, TOKEN } from './mounted.ts';

const FILE = `deploy/compose/gateway/${CONFIG}`;
const SECRETS = {
  '/run/secrets/admin-token': TOKEN,
  '/run/secrets/api-key-hash': 'e40509b3689c3ba93c4ab8a0402b298183249218b1583d0c4b8a1abe736e5e2c',
};
const file = (): string => mounted([FILE], SECRETS);

describe('the config', () => {
  test('is valid, and all that is risky is what the network and a proxy in front answer for', async () => {
    const args = ['audit', '--config', file(), '--json'];
    const { out, code } = await run(args, imageEnvironment());
    const rules = (JSON.parse(out.join('')) as { readonly rule: string }[]).map(({ rule }) => rule);
    expect([rules, code]).toEqual([['admin-public', 'no-tls'], 0]);
  });

  test('listens on the ports that are published', async () => {
    const { server, admin } = await deployedConfig(file());
    const { host, port } = admin as { readonly host: string; readonly port: number };
    const place = server.listeners[0]?.address as { readonly host: string; readonly port: number };
    expect([place.host, host]).toEqual(['0.0.0.0', '0.0.0.0']);
    expect(PORTICO.ports!.map((each) => Number(each.split(':').at(-1)))).toEqual([
      place.port,
      port,
    ]);
  });

  test('stops before Docker loses patience, and has descriptors for its connections', async () => {
    const { shutdown, limits } = (await deployedConfig(file())).server;
    const { stop_grace_period: grace, ulimits } = PORTICO;
    expect(parseDuration(grace!)).toBeGreaterThan(shutdown.delayMs + shutdown.graceMs + 1_000);
    expect(ulimits!.nofile).toBeGreaterThan(2 * limits.connections);
  });

  test('names services of this file, at ports where they listen', () => {
    const text = readFileSync(FILE, 'utf8');
    const [, redis] = /redis:\/\/(\w+):6379/.exec(text)!;
    const [, collector, port] = /http:\/\/(collector):(\d+)/.exec(text)!;
    expect(Object.keys(COMPOSE.services)).toEqual(expect.arrayContaining([redis, collector]));
    expect(COLLECTOR.receivers.otlp.protocols.http.endpoint).toBe(`0.0.0.0:${port}`);
  });
});

interface Collector {
  readonly receivers: { readonly otlp: { readonly protocols: { readonly http: Endpoint } } };
  readonly processors: { readonly memory_limiter: { readonly limit_mib: number } };
  readonly exporters: object;
  readonly service: {
    readonly pipelines: { readonly traces: Readonly<Record<string, readonly string[]>> };
  };
}

interface Endpoint {
  readonly endpoint: string;
}

const COLLECTOR = parse(readFileSync('deploy/compose/otel-collector.yaml', 'utf8')) as Collector;

test('the collector uses each part that it has, and stays below the memory of its container', () => {
  const { receivers, processors, exporters, service } = COLLECTOR;
  const own = { receivers, processors, exporters };
  const parts = Object.entries(own).map(([kind, each]) => [kind, Object.keys(each)]);
  expect(service.pipelines.traces).toEqual(Object.fromEntries(parts));
  const { memory } = COMPOSE.services['collector']!.deploy.resources.limits;
  expect(processors.memory_limiter.limit_mib).toBeLessThan(Number.parseInt(memory!, 10));
});

test('Prometheus scrapes the admin port of the gateway, by the names of this file', () => {
  const scraped = readFileSync('deploy/prometheus/prometheus.yaml', 'utf8');
  expect(scraped).toContain("targets: ['portico:9901']");
  const common = PORTICO.networks.filter((each) =>
    COMPOSE.services['prometheus']!.networks.includes(each),
  );
  expect(common).toEqual(['monitoring']);
});

test('Grafana finds its data source and its dashboard', () => {
  const read = (name: string): string => readFileSync(`deploy/grafana/${name}`, 'utf8');
  expect(read('datasources.yaml')).toContain('url: http://prometheus:9090');
  const [, folder] = /path: (\S+)/.exec(read('dashboards.yaml'))!;
  const { volumes } = COMPOSE.services['grafana']!;
  expect(volumes).toContain(`./grafana/portico.json:${folder}/portico.json:ro`);
});
