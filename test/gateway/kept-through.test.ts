import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { buildGeneration } from '../../src/generation.ts';
import { loadModules } from '../../src/assembly/modules.ts';
import { emptyWorld } from '../helpers/world.ts';
import { startIssuer } from '../plugins/issuer.ts';

/** Loads a config that trusts one issuer. */
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

test('a key set outlives a change of its issuer’s other settings', async () => {
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

  // The provider is down; waiting for it would take half a minute and end in a fault.
  issuer.isDown = true;
  const second = await buildGeneration(2, await loadIssuer(own('6s')), world);
  await first.close();
  expect(issuer.hits).toBe(1);
  await second.close();
});

test('revocations outlive a change of the settings, and the config under which they were made', async () => {
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
