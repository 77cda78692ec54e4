/** deploy/kubernetes: the config of the pods, in a real gateway, as the manifests use it. */
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/build/config.ts';
import { run } from '../cli/run.ts';
import { folderOf } from '../config/config-files.ts';
import { manualClock } from '../helpers/clock.ts';
import { kustomize } from './kustomize.ts';
import { type Json, type Labels, partOf, podOf, type PolicyRule, theOnly } from './manifests.ts';
import {
  bearer,
  CONFIG,
  deployedConfig,
  imageEnvironment,
  mounted,
  startMounted,
  statusOf,
  TOKEN,
} from './mounted.ts';

const ROOT = 'deploy/kubernetes';
const SECRETS = { '/run/secrets/portico/admin-token': TOKEN };
const BASE_FILES = [CONFIG, 'routes-ping.yaml'].map((name) => `${ROOT}/base/config/${name}`);
const FILES = [...BASE_FILES, `${ROOT}/overlays/example/routes-shop.yaml`];
const MANIFESTS = kustomize(`${ROOT}/overlays/example`);
const POD = podOf(MANIFESTS);
const CONTAINER = POD.containers[0]!;

/** Of the image and of the overlay. */
const ENVIRONMENT = {
  ...imageEnvironment(),
  ...Object.fromEntries(CONTAINER.env!.map(({ name, value }) => [name, value])),
};

const deployed = (): Promise<Config> => deployedConfig(mounted(FILES, SECRETS), ENVIRONMENT);

test('the ConfigMap holds these files, and pods start with the first', () => {
  const texts = FILES.map((file) => readFileSync(file, 'utf8'));
  expect(Object.values(partOf(theOnly(MANIFESTS, 'ConfigMap'), 'data') as Labels)).toEqual(texts);
  expect(CONTAINER.args).toEqual(['start', '--config', `/etc/portico/${CONFIG}`]);
});

test.each([
  ['the base', BASE_FILES],
  ['the overlay', FILES],
])(
  'the config of %s is valid, and all that is risky is the admin port, which has a token',
  async (_of, files) => {
    const file = mounted(files, SECRETS);
    const { out, code } = await run(['audit', '--config', file, '--json'], ENVIRONMENT);
    const rules = (JSON.parse(out.join('')) as { readonly rule: string }[]).map(({ rule }) => rule);
    expect([rules, code]).toEqual([['admin-public'], 0]);
  },
);

test('ports are those on which the gateway listens, beyond its own loopback', async () => {
  const { server, admin } = await deployed();
  const place = server.listeners[0]?.address as { readonly host: string; readonly port: number };
  expect(CONTAINER.ports).toEqual([
    { name: 'http', containerPort: place.port },
    { name: 'admin', containerPort: (admin as { readonly port: number }).port },
  ]);
  expect([place.host, (admin as { readonly host: string }).host]).toEqual(['0.0.0.0', '0.0.0.0']);
  const [port] = partOf(theOnly(MANIFESTS, 'Service'), 'spec.ports') as readonly Json[];
  expect(port).toMatchObject({ targetPort: 'http' });
});

test('a pod is given longer to end than the gateway takes', async () => {
  const { delayMs, graceMs } = (await deployed()).server.shutdown;
  expect(POD.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(delayMs + graceMs + 1_000);
});

test('a pod that stops is out of the Service before it refuses connections', async () => {
  const { delayMs } = (await deployed()).server.shutdown;
  const { periodSeconds, failureThreshold } = CONTAINER.readinessProbe;
  expect(delayMs).toBeGreaterThanOrEqual(periodSeconds * failureThreshold * 1_000);
});

describe('the network policies', () => {
  const policies = MANIFESTS.filter(({ kind }) => kind === 'NetworkPolicy');
  const portsOf = (direction: string) =>
    policies
      .flatMap(
        (each) => (partOf(each, `spec.${direction}`) as readonly PolicyRule[] | undefined) ?? [],
      )
      .flatMap(({ ports }) => ports.map(({ port }) => port));

  test('let clients and scrapers in by the names of the ports', () => {
    expect(portsOf('ingress')).toEqual(CONTAINER.ports.map(({ name }) => name));
  });

  test('let out to every address in the config, and to DNS', async () => {
    const texts = FILES.map((file) => readFileSync(file, 'utf8')).join('\n');
    const values = Object.values(ENVIRONMENT).join('\n');
    const urls = [...`${texts}\n${values}`.matchAll(/\b(?:https?|redis):\/\/[^\s'"}]+/g)];
    const named = urls.map(([url]) => Number(new URL(url).port || 443));
    const discovered = [...texts.matchAll(/dns: \S+, port: (\d+)/g)].map(([, port]) =>
      Number(port),
    );
    const needed = new Set([53, ...named, ...discovered]);
    expect(new Set(portsOf('egress'))).toEqual(needed);
  });
});

describe('a gateway with this config', () => {
  const start = (options = {}) =>
    startMounted(mounted(FILES, SECRETS), { environment: { OTLP_ENDPOINT: '' }, ...options });

  test('answers every probe and the scrape', async () => {
    const { admin } = await start();
    const { startupProbe, readinessProbe, livenessProbe } = CONTAINER;
    const monitor = theOnly(MANIFESTS, 'PodMonitor');
    const [endpoint] = partOf(monitor, 'spec.podMetricsEndpoints') as readonly Labels[];
    const asked = [
      ...[startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet),
      endpoint as { readonly path: string; readonly port: string },
    ];
    for (const { path, port } of asked) {
      expect([path, port, await statusOf(admin + path)]).toEqual([path, 'admin', 200]);
    }
  });

  test('has its token from the mounted file, and its routes from both files', async () => {
    const { url, admin } = await start();
    const refused = { headers: { authorization: 'Bearer another', origin: 'http://x.example' } };
    expect(await statusOf(`${admin}/status`, bearer(TOKEN))).toBe(200);
    expect(await statusOf(`${admin}/status`, refused)).toBe(403);
    expect([await statusOf(`${url}/ping`), await statusOf(`${url}/api/orders/1`)]).toEqual([
      200, 401,
    ]);
  });

  test('fails readiness when it is told to stop, and accepts connections during its delay', async () => {
    const clock = manualClock();
    const { gateway, url, admin } = await start({ clock });
    const { delayMs } = gateway.config.server.shutdown;
    const closed = gateway.close();
    const { readinessProbe, livenessProbe } = CONTAINER;
    expect(await statusOf(admin + readinessProbe.httpGet.path)).toBe(503);
    expect(await statusOf(admin + livenessProbe.httpGet.path)).toBe(200);
    clock.advance(delayMs - 1);
    expect(await statusOf(`${url}/ping`)).toBe(200);
    clock.advance(1);
    await closed;
    await expect(fetch(`${url}/ping`)).rejects.toThrow('fetch failed');
  });
});

/** Writes a version of the ConfigMap and switches to it, as the kubelet does. */
function mountVersion(mount: string, name: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(mount, name));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(mount, name, file), text);
  symlinkSync(name, join(mount, '..data_tmp'));
  renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
  for (const file of Object.keys(files)) {
    rmSync(join(mount, file), { force: true });
    symlinkSync(join('..data', file), join(mount, file));
  }
}

test('a changed ConfigMap is applied to running pods, be it by a file more; a faulty one is not', async () => {
  const mount = folderOf({});
  const base = mounted(BASE_FILES, SECRETS);
  const read = (name: string): string => readFileSync(base.replace(CONFIG, name), 'utf8');
  const files = { [CONFIG]: read(CONFIG), 'routes-ping.yaml': read('routes-ping.yaml') };
  mountVersion(mount, '..1', files);
  const { gateway, url } = await startMounted(join(mount, CONFIG));

  const route = (keys: string) => `routes: { more: { match: { path: /more }, ${keys} } }`;
  mountVersion(mount, '..2', { ...files, 'routes-more.yaml': route('respond: { status: 204 }') });
  await expect.poll(() => statusOf(`${url}/more`)).toBe(204);

  mountVersion(mount, '..3', { ...files, 'routes-more.yaml': route('respnd: {}') });
  await expect.poll(() => gateway.status().reload?.result).toBe('rejected');
  expect(await statusOf(`${url}/more`)).toBe(204);
});
