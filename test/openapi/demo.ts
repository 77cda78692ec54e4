/** The demo in one process: its services and the gateway of gateway.config.yaml, on free ports. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
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

export async function startDemo(): Promise<Demo> {
  const urls: Record<string, string> = {};
  for (const name of SERVICE_NAMES) {
    if (name !== 'issuer') urls[`${name.toUpperCase()}_URL`] = await serve(SERVICES[name](''));
  }
  const ISSUER = await startIssuer();
  const surroundings = { HOST: '127.0.0.1', PORT: '0', ADMIN_PORT: '0', RATE_LIMIT: '1000000' };
  const gateway = await createGateway({
    file: 'gateway.config.yaml',
    environment: { ...urls, ISSUER, ...surroundings },
    log: createSilentLogger(),
  });
  onTestFinished(async () => void (await gateway.close()));
  await gateway.listen();
  const answer = await fetch(`${ISSUER}/token`);
  const { access_token: token } = (await answer.json()) as { readonly access_token: string };
  return { url: gateway.url, token };
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
