/** A gateway whose config a test changes while it serves. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Environment } from '../../src/config/yaml/environment.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import type { Reload } from '../../src/running/reloader.ts';
import { recordingLog } from '../plugins/recording-log.ts';

export type Section = Readonly<Record<string, unknown>>;

export interface Reloading {
  readonly gateway: Gateway;
  readonly url: string;
  readonly folder: string;
  readonly log: ReturnType<typeof recordingLog>;
  /** Writes a file of the folder: text and bytes as they are, anything else as JSON, which is YAML. */
  readonly write: (name: string, content: unknown) => void;
  /** Writes the config, and reloads. */
  readonly change: (config: Section) => Promise<Reload>;
  readonly status: (path: string, init?: RequestInit) => Promise<number>;
  readonly metrics: () => Promise<string>;
}

export const CONFIG = 'gateway.config.yaml';

export interface ReloadingOptions {
  /** Further files, by name. */
  readonly files?: Readonly<Record<string, unknown>>;
  readonly environment?: Environment;
  /** Follow the files. */
  readonly watch?: boolean;
  readonly wallClock?: () => number;
  readonly clock?: Clock;
}

/** Ends with the test. */
export async function startReloading(
  config: Section | string,
  {
    files = {},
    environment = {},
    watch = false,
    wallClock = Date.now,
    clock = systemClock,
  }: ReloadingOptions = {},
): Promise<Reloading> {
  const folder = mkdtempSync(join(tmpdir(), 'portico-reload-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, content: unknown): void => {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    const isRaw = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(file, isRaw ? content : JSON.stringify(content, null, 2));
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  write(CONFIG, typeof config === 'string' ? config : complete(config));
  const log = recordingLog();
  const file = join(folder, CONFIG);
  const gateway = await createGateway({ file, environment, log: log.log, watch, wallClock, clock });
  await gateway.listen();
  onTestFinished(async () => void (await gateway.close()));
  const { url } = gateway;
  return {
    gateway,
    url,
    folder,
    log,
    write,
    change: (changed) => {
      write(CONFIG, complete(changed));
      return gateway.reload('admin');
    },
    status: async (path, init) => {
      const response = await fetch(url + path, init);
      await response.arrayBuffer();
      return response.status;
    },
    metrics: async () => (await fetch(`${gateway.adminUrl}/metrics`)).text(),
  };
}

/** A file outside of the folder of the config, which goes with the test. */
export function outsideFile(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'portico-outside-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'value');
  const write = (content: string): void => writeFileSync(path, content);
  write(text);
  return { path, write };
}

/** On free ports. */
export const complete = (config: Section): Section => ({
  version: 1,
  admin: { port: 0 },
  telemetry: { logs: { access: false } },
  ...config,
  server: placed((config['server'] ?? {}) as Section),
});

const placed = (server: Section): Section =>
  server['listeners'] === undefined ? { host: '127.0.0.1', port: 0, ...server } : server;

export const respond = (path: string, status = 200) => ({
  match: { path },
  respond: { status, body: 'ok' },
});
