/** The contestants, and the requests they get. */
import { fileURLToPath } from 'node:url';

export const CONTESTANTS = [
  'floor',
  'http-proxy',
  'portico-bare',
  'portico-all',
  'floor-aggregate',
  'portico-aggregate',
] as const;
export type Contestant = (typeof CONTESTANTS)[number];

/** What every client asks for. */
export const PATH = '/api/orders/42';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What Node runs: the script and its arguments. */
export function commandOf(contestant: Contestant): string[] {
  if (!contestant.startsWith('portico-')) return [file(`proxies/${contestant}.ts`)];
  return [file('../src/main.ts'), 'start', '--config', file(`configs/${contestant}.yaml`)];
}

export const UPSTREAM_COMMAND: readonly string[] = [file('upstream.ts')];
export const LOAD_COMMAND: readonly string[] = [file('load.ts')];

/** Loaded into each process. */
export const PRELOAD = new URL('with-parent.ts', import.meta.url).href;
