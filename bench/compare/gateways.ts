/** The processes that bench/regress compares: this checkout and another revision, each with the same config. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cores } from '../../src/load/cores.ts';
import { HERE } from '../checkout.ts';
import type { LoadProcess } from '../load/load-process.ts';
import { here } from '../place.ts';
import { porticoCommand } from '../portico.ts';
import type { Processes } from '../processes.ts';
import { routesConfig } from '../routes-config.ts';
import type { RunningSubject } from '../server.ts';
import type { Issuer } from '../tokens.ts';
import { verify } from '../verify.ts';
import type { RegressOptions } from './options.ts';
import type { Row, RowConfig } from './rows.ts';

export interface Bench {
  readonly options: RegressOptions;
  readonly processes: Processes;
  readonly cores: Cores;
  readonly issuer: Issuer;
  readonly tokens: readonly string[];
  readonly load: LoadProcess;
  readonly upstream: { readonly url: string; readonly pid: number };
  /** For configs and logs. */
  readonly folder: string;
}

const ROUTES = 1_000;

/** The file of a config of this checkout. */
export function configFile(config: RowConfig, folder: string): string {
  if (config !== 'routes') return here(`configs/${config}.yaml`);
  const file = join(folder, 'routes.yaml');
  writeFileSync(file, routesConfig(ROUTES));
  return file;
}

export async function startGateway(
  { processes, cores, upstream, issuer, options, folder }: Bench,
  checkout: string,
  config: RowConfig,
  file: string,
): Promise<RunningSubject> {
  const logFile =
    config === 'portico-log'
      ? join(folder, checkout === HERE ? 'now.log' : 'before.log')
      : undefined;
  if (logFile !== undefined) writeFileSync(logFile, '');
  const start = {
    name: `${checkout} with ${file}`,
    command: porticoCommand(checkout, file, options.fromSources),
    cores: cores.gateway,
    env: { UPSTREAM: upstream.url, ISSUER: issuer.url, NODE_ENV: 'production' },
  };
  const served = await processes.serve(start, logFile);
  return { ...served, logFile };
}

/** Rows that both checkouts know, by config, with the file by which the other one does. */
export interface Comparable {
  readonly config: RowConfig;
  readonly rows: readonly Row[];
  readonly fileBefore: string;
  readonly fileNow: string;
}

/**
 * Starts the other revision with each config, and asks for each row once.
 *
 * It gets this checkout's configs. Where it refuses one, it gets its own config of that name.
 *
 * @param tell gets a line for each row that is left out
 */
export async function findComparable(
  bench: Bench,
  before: string,
  tell: (line: string) => void,
): Promise<Comparable[]> {
  const found: Comparable[] = [];
  for (const config of new Set(bench.options.rows.map((row) => row.config))) {
    const rows = bench.options.rows.filter((row) => row.config === config);
    const fileNow = configFile(config, bench.folder);
    const files = [fileNow, join(before, 'bench/configs', `${config}.yaml`)].filter((file) =>
      existsSync(file),
    );
    const known = await knownTo(bench, before, config, files, rows, tell);
    if (known !== undefined && known.rows.length > 0) found.push({ config, fileNow, ...known });
  }
  return found;
}

async function knownTo(
  bench: Bench,
  before: string,
  config: RowConfig,
  files: readonly string[],
  rows: readonly Row[],
  tell: (line: string) => void,
): Promise<Pick<Comparable, 'rows' | 'fileBefore'> | undefined> {
  for (const file of files) {
    const gateway = await startGateway(bench, before, config, file).catch(() => undefined);
    if (gateway === undefined) continue;
    const known: Row[] = [];
    for (const row of rows) {
      if (await knows(row, gateway, bench.tokens[0]!)) known.push(row);
      else tell(`${row.name}: skipped, because ${bench.options.revision} has no such route`);
    }
    await bench.processes.stopOnly([gateway.pid]);
    return { rows: known, fileBefore: file };
  }
  for (const { name } of rows) {
    tell(`${name}: skipped, because ${bench.options.revision} does not start with its config`);
  }
  return undefined;
}

/** @throws {AssertionError} where the row is answered otherwise than it should be */
async function knows(row: Row, gateway: RunningSubject, token: string): Promise<boolean> {
  try {
    await verify(row, gateway, token);
    return true;
  } catch (error) {
    if ((error as { readonly actual?: unknown }).actual === 404) return false;
    throw error;
  }
}
