/** Portico as the container runs it, from `dist`, or as its sources are. */
import { run } from './checkout.ts';

/** @throws {Error} with the compiler's own words */
export function build(folder: string): void {
  run('npm', ['run', '--silent', 'build'], folder);
}

/** What Node runs, in a checkout. */
export function porticoCommand(folder: string, config: string, fromSources: boolean): string[] {
  const main = fromSources ? 'src/main.ts' : 'dist/src/main.js';
  return [`${folder}/${main}`, 'start', '--config', config];
}
