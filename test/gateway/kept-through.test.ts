import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { KeptValues } from '../../src/assembly/kept-values.ts';
import type { World } from '../../src/assembly/world.ts';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { requestIds } from '../../src/edge/request-id.ts';
import { buildGeneration } from '../../src/gateway.ts';
import { loadModules } from '../../src/modules.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import { UpstreamRegistry } from '../../src/upstream/registry.ts';

const random = (): number => 0.5;

/** What generations share; there are no upstreams in it. */
function emptyWorld(): World {
  return {
    clock: systemClock,
    random,
    log: pino({ level: 'silent' }),
    metrics: new Metrics(() => []),
    upstreams: new UpstreamRegistry({ clock: systemClock, random }),
    kept: new KeptValues(),
    nextRequestId: requestIds(),
  };
}

/** A config that trusts one issuer, `leeway` seconds wide. */
async function loadWith(leeway: number) {
  const folder = mkdtempSync(join(tmpdir(), 'portico-kept-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'gateway.config.yaml');
  const own = { issuer: 'a', secret: 'x'.repeat(32), algorithms: ['HS256'], leeway: `${leeway}s` };
  const routes = {
    all: { match: { path: '/*' }, jwt: { issuer: 'own' }, respond: { status: 200 } },
  };
  const config = { version: 1, plugins: { jwt: { issuers: { own } } }, routes };
  writeFileSync(file, JSON.stringify(config));
  return loadConfig({ file, environment: {}, loadModules });
}

test('revocations outlive a change of the settings, and the config that they were told to', async () => {
  const world = emptyWorld();
  const until = Date.now() / 1_000 + 60;
  const first = await buildGeneration(1, await loadWith(5), world);
  await first.adminRoutes.at('/revocations')?.({ jti: 'a', until });

  const second = await buildGeneration(2, await loadWith(6), world);
  await first.close();

  const answer = await second.adminRoutes.at('/revocations')?.({ jti: 'b', until });
  expect(answer).toEqual({ status: 200, body: { revocations: 2 } });
  await second.close();
});
