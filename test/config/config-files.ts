/** Configs for a test: written to a folder of their own, loaded as the gateway loads them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Config } from '../../src/config/build/config.ts';
import type { Environment } from '../../src/config/yaml/environment.ts';
import { ConfigError, formatFault } from '../../src/config/fault.ts';
import { loadConfig, type Loaded } from '../../src/config/load.ts';
import { type GatewayModules, loadModules } from '../../src/assembly/modules.ts';

/** Texts by the name of their file; the first one is the config. */
export type Files = Readonly<Record<string, string>>;

/** A folder with `files` in it, which goes with the test. */
export function folderOf(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

export function load(file: string, environment: Environment): Promise<Loaded<GatewayModules>> {
  return loadConfig({ file, environment, loadModules });
}

/** The faults of a file that must not load, as the command line prints them. */
export async function faultsIn(file: string, environment: Environment = {}): Promise<string[]> {
  try {
    const { warnings } = await load(file, environment);
    return warnings.map(formatFault);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(formatFault);
    throw error;
  }
}

/** The faults of `files`, with the folder cut from their names. */
export async function faultsOf(
  files: Files | string,
  environment: Environment = {},
): Promise<string[]> {
  const texts = typeof files === 'string' ? { 'c.yaml': files } : files;
  const folder = folderOf(texts);
  const faults = await faultsIn(join(folder, Object.keys(texts)[0]!), environment);
  return faults.map((fault) => fault.replaceAll(`${folder}/`, ''));
}

/** The config that `text` says. */
export async function configOf(text: string, environment: Environment = {}): Promise<Config> {
  const folder = folderOf({ 'c.yaml': text });
  const { config } = await load(join(folder, 'c.yaml'), environment);
  return config;
}

/** A whole config, with one upstream `orders`, that says `more`. */
export const withOrders = (more: string): string =>
  ['version: 1', 'upstreams: { orders: { targets: [http://orders:4001] } }', more].join('\n');
