/** The configs of deploy/, in a folder of a test's own, with the secrets where the test has them. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import type { Config } from '../../src/config/build/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import { folderOf, load } from '../config/config-files.ts';
import { recordingLog } from '../plugins/recording-log.ts';

export const CONFIG = 'gateway.config.yaml';
export const TOKEN = 'a-token-of-this-test-long-enough';

/** Contents by the path at which the config names them. */
export type Secrets = Readonly<Record<string, string>>;

/** @returns the path of the copied config */
export function mounted(files: readonly string[], secrets: Secrets): string {
  const own = folderOf(
    Object.fromEntries(Object.entries(secrets).map(([path, text]) => [basename(path), text])),
  );
  const texts = files.map((file) => [basename(file), withSecretsAt(own, file, secrets)]);
  return join(folderOf(Object.fromEntries(texts) as Record<string, string>), CONFIG);
}

/** The text of `file`, in which the paths of `secrets` lead to `folder`. */
export const withSecretsAt = (folder: string, file: string, secrets: Secrets): string =>
  Object.keys(secrets).reduce(
    (text, path) => text.replaceAll(path, join(folder, basename(path))),
    readFileSync(file, 'utf8'),
  );

/** The variables of the image, as its Dockerfile sets them. */
export function imageEnvironment(): Readonly<Record<string, string>> {
  const lines = [...readFileSync('Dockerfile', 'utf8').matchAll(/^ENV (.+)$/gm)];
  const pairs = lines.flatMap(([, line]) => line!.split(' ').map((each) => each.split('=')));
  return Object.fromEntries(pairs) as Record<string, string>;
}

/** As the image would load it: the ports and addresses are those of the deployment. */
export async function deployedConfig(
  file: string,
  environment: Readonly<Record<string, string>> = imageEnvironment(),
): Promise<Config> {
  return (await load(file, environment)).config;
}

export interface Started {
  readonly gateway: Gateway;
  readonly url: string;
  /** Origin of the admin port. */
  readonly admin: string;
  readonly log: ReturnType<typeof recordingLog>;
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** The test's own, which then also waits for the delay of a stop. */
  readonly clock?: Clock;
}

const withoutDelay = (config: Config): Config => ({
  ...config,
  server: { ...config.server, shutdown: { ...config.server.shutdown, delayMs: 0 } },
});

/** The very config, on free ports of loopback; it ends with the test. */
export async function startMounted(
  file: string,
  { environment = {}, ...options }: StartOptions = {},
): Promise<Started> {
  const log = recordingLog();
  const ports = { PORT: '0', ADMIN_PORT: '0' };
  const gateway = await createGateway({
    ...options,
    file,
    environment: { ...environment, ...ports },
    log: log.log,
    watch: true,
    adjust: options.clock === undefined ? withoutDelay : (config) => config,
  });
  await gateway.listen();
  onTestFinished(async () => void (await gateway.close()));
  return { gateway, url: gateway.url, admin: gateway.adminUrl!, log };
}

export const bearer = (token: string): RequestInit => ({
  headers: { authorization: `Bearer ${token}` },
});

export async function statusOf(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  return response.status;
}
