/** A gateway that listens with TLS, with its certificates in a folder that the test may change. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { FakeUpstream, TestGateway } from '../../src/testing.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { identity, pem } from '../helpers/secure-upstream.ts';

export interface Folder {
  readonly cert: string;
  readonly key: string;
  /** Puts another identity in the place of the one before, as editors do. */
  put(name: string): void;
}

/** A folder with `tls.crt` and `tls.key`, which goes with the test. */
export function certificateFolder(name = 'server'): Folder {
  const folder = mkdtempSync(join(tmpdir(), 'portico-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const cert = join(folder, 'tls.crt');
  const key = join(folder, 'tls.key');
  const put = (other: string): void => {
    for (const [file, text] of [
      [cert, identity(other).cert],
      [key, identity(other).key],
    ] as const) {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    }
  };
  put(name);
  return { cert, key, put };
}

export const serial = (name: string): string =>
  new X509Certificate(pem(`${name}.pem`)).serialNumber;

/** A config's words for an identity of the fixtures. */
export const pair = (name: string) => ({
  cert: join(process.cwd(), `test/fixtures/tls/${name}.pem`),
  key: join(process.cwd(), `test/fixtures/tls/${name}.key`),
});

interface Options {
  readonly server?: object;
  readonly config?: object;
  readonly route?: object;
  readonly up?: FakeUpstream;
}

/** Everything is forwarded to `up`. */
export const listenTls = (
  tls: object,
  { server, config, route, up = () => ({}) }: Options = {},
): Promise<TestGateway> =>
  startGateway({
    config: {
      server: { tls, ...server },
      admin: { port: 0 },
      routes: { all: forwardTo('/*', route) },
      ...config,
    },
    upstreams: { up },
  });

export async function metricsOf({ gateway }: TestGateway): Promise<string> {
  return (await fetch(`${gateway.adminUrl}/metrics`)).text();
}
