/** `portico openapi`: writes the OpenAPI document of what a config serves. */
import { writeFileSync } from 'node:fs';
import { ConfigError } from '../config/fault.ts';
import { documentConfig } from '../gateway.ts';
import { printRefusal } from './faults.ts';
import { withProgress } from './progress.ts';
import { EXIT, type Terminal } from './terminal.ts';
// The last, so that what is imported before is found without it.
import './running-copy.ts';

export interface OpenapiOptions {
  readonly config: string;
  /** Absent: the one that publishes a document, or else all. */
  readonly route: string | undefined;
  /** Where to; `-` prints it. */
  readonly out: string;
  /** Exits with 1 if something could not be told. */
  readonly strict: boolean;
}

export async function openapi(options: OpenapiOptions, terminal: Terminal): Promise<number> {
  const { config: file, route, out, strict } = options;
  const { environment } = terminal;
  let text: string;
  let warnings: readonly string[];
  try {
    const documented = await withProgress({ terminal, what: `checking ${file}` }, () =>
      documentConfig({ file, environment }, route),
    );
    text = JSON.stringify(documented.document, undefined, 2);
    warnings = documented.warnings;
  } catch (error) {
    if (error instanceof ConfigError) {
      printRefusal(error.faults, false, terminal);
      return EXIT.badConfig;
    }
    if (!(error instanceof RangeError)) throw error;
    terminal.err(error.message);
    return EXIT.usage;
  }
  for (const warning of warnings) terminal.err(`warning: ${warning}`);
  if (out === '-') terminal.out(text);
  else {
    try {
      writeFileSync(out, `${text}\n`);
    } catch (error) {
      terminal.err(`${out} cannot be written (${(error as NodeJS.ErrnoException).code})`);
      return EXIT.failed;
    }
    terminal.out(`wrote ${out}`);
  }
  return strict && warnings.length > 0 ? EXIT.failed : EXIT.ok;
}
