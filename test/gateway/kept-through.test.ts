import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { KeptValues } from '../../src/assembly/kept-values.ts';
import type { World } from '../../src/assembly/world.ts';
import { systemClock } from '../../src/core/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { requestIds } from '../../src/edge/request-id.ts';
import { buildGeneration } from '../../src/generation.ts';
import { loadModules } from '../../src/assembly/modules.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import { Fetcher } from '../../src/upstream/fetcher.ts';
import { Names } from '../../src/upstream/names/names.ts';
import { CollectedBytes } from '../../src/policies/collect.ts';
import { UpstreamRegistry } from '../../src/upstream/registry.ts';
import { startIssuer } from '../plugins/issuer.ts';

const random = (): number => 0.5;

/** What generations share; there are no upstreams in it. */
function emptyWorld(): World {
  const names = new Names({ clock: systemClock });
  return {
    clock: systemClock,
    random,
    names,
    fetcher: new Fetcher(names),
    log: pino({ level: 'silent' }),
    metrics: new Metrics(() => []),
    upstreams: new UpstreamRegistry({ clock: systemClock, random, names }),
    collected: new CollectedBytes(),
    kept: new KeptValues(),
    checking: false,
    nextRequestId: requestIds(),
  };
}

/** A config that trusts one issuer. */
async function loadIssuer(own: object) {
  const folder = mkdtempSync(join(tmpdir(), 'portico-kept-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'gateway.config.yaml');
  const routes = {
    all: { match: { path: '/*' }, jwt: { issuer: 'own' }, respond: { status: 200 } },
  };
  const config = { version: 1, plugins: { jwt: { issuers: { own } } }, routes };
  writeFileSync(file, JSON.stringify(config));
  return loadConfig({ file, environment: {}, loadModules });
}

const hmac = (leeway: string) => ({
  issuer: 'a',
  secret: 'x'.repeat(32),
  algorithms: ['HS256'],
  leeway,
});

test('a key set outlives a change of what else is said of its issuer', async () => {
  const { issuer, jwks } = await startIssuer('a');
  const world = emptyWorld();
  const own = (leeway: string) => ({
    issuer: 'a',
    jwks,
    algorithms: ['ES256'],
    onStart: 'wait',
    leeway,
  });
  const first = await buildGeneration(1, await loadIssuer(own('5s')), world);
  expect(issuer.hits).toBe(1);

  // The provider is down: to wait for it would take half a minute, and end in a fault.
  issuer.isDown = true;
  const second = await buildGeneration(2, await loadIssuer(own('6s')), world);
  await first.close();
  expect(issuer.hits).toBe(1);
  await second.close();
});

test('revocations outlive a change of the settings, and the config that they were told to', async () => {
  const world = emptyWorld();
  const until = Date.now() / 1_000 + 60;
  const first = await buildGeneration(1, await loadIssuer(hmac('5s')), world);
  await first.adminRoutes.at('/revocations')?.({ jti: 'a', until });

  const second = await buildGeneration(2, await loadIssuer(hmac('6s')), world);
  await first.close();

  const answer = await second.adminRoutes.at('/revocations')?.({ jti: 'b', until });
  expect(answer).toEqual({ status: 200, body: { revocations: 2 } });
  await second.close();
});
