/** Portico as the container runs it, from `dist`, or as its sources are. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './checkout.ts';

const BUILT = 'dist/src/main.js';

/** @throws {Error} with the compiler's own words, or where the revision builds something else */
export function build(folder: string): void {
  run('npm', ['run', '--silent', 'build'], folder);
  if (existsSync(join(folder, BUILT))) return;
  throw new Error(`${folder}: its build makes no ${BUILT}; --sources runs the sources instead`);
}

/** What Node runs, in a checkout. */
export function porticoCommand(folder: string, config: string, fromSources: boolean): string[] {
  const main = fromSources ? 'src/main.ts' : BUILT;
  return [`${folder}/${main}`, 'start', '--config', config];
}
