/** The demo in one process: its services and the gateway of gateway.config.yaml, on free ports. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { SERVICE_NAMES } from '../../demo/addresses.ts';
import { SERVICES } from '../../demo/services/index.ts';
import { createGateway } from '../../src/gateway.ts';
import { createSilentLogger } from '../../src/observe/log.ts';
import { serve } from '../demo/shop.ts';

export interface Demo {
  readonly url: string;
  /** Of a client that may do everything. */
  readonly token: string;
}

/** @param file its config */
export async function startDemo(file = 'gateway.config.yaml'): Promise<Demo> {
  const urls: Record<string, string> = {};
  for (const name of SERVICE_NAMES) {
    if (name !== 'issuer') urls[`${name.toUpperCase()}_URL`] = await serve(SERVICES[name](''));
  }
  const ISSUER = await startIssuer();
  const surroundings = { HOST: '127.0.0.1', PORT: '0', ADMIN_PORT: '0', RATE_LIMIT: '1000000' };
  const gateway = await createGateway({
    file,
    environment: { ...urls, ISSUER, ...surroundings },
    log: createSilentLogger(),
  });
  onTestFinished(async () => void (await gateway.close()));
  await gateway.listen();
  const answer = await fetch(`${ISSUER}/token`);
  const { access_token: token } = (await answer.json()) as { readonly access_token: string };
  return { url: gateway.url, token };
}

/** The demo's config with `validate: { openapi: true }` on all routes; it is gone with the test. */
export function validatingConfig(): string {
  const folder = mkdtempSync('.validating-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'gateway.config.yaml');
  const text = readFileSync('gateway.config.yaml', 'utf8')
    .replaceAll(/(?<=(openapi|bff): )\.\//g, '../')
    .replace(/^defaults:\n {2}routes:\n/m, '$&    validate: { openapi: true }\n');
  writeFileSync(file, text);
  return file;
}

/** It must know its address before it listens. */
export async function startIssuer(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  const url = `http://127.0.0.1:${port}`;
  const app = SERVICES.issuer(url);
  onTestFinished(() => app.close());
  await app.listen({ host: '127.0.0.1', port });
  return url;
}
