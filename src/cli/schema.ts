/** `portico schema`, `portico reference`: what a config may contain, including the plugins it names. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { casesJsonSchema, jsonSchema } from '../config/docs/json-schema.ts';
import { reference as referenceOf } from '../config/docs/reference.ts';
import type { SchemaParts } from '../config/schema/schema.ts';
import { readSource } from '../config/yaml/source.ts';
import { loadModules } from '../assembly/modules.ts';
import { printFaults } from './faults.ts';
import { EXIT, type Terminal } from './terminal.ts';
// The last, so that what is imported before is found without it.
import './running-copy.ts';

export interface SchemaOptions {
  readonly config: string;
  /** Where to; `-` prints it. */
  readonly out: string;
}

/** Where editors look for the schema of `config`. */
export const besideConfig = (config: string): string =>
  join(dirname(config), 'gateway.schema.json');

/** What they need of the process. */
type Surroundings = Pick<Terminal, 'environment' | 'out' | 'err'>;

/** Writes the JSON Schema of the config. */
export const schema = (options: SchemaOptions, terminal: Surroundings): Promise<number> =>
  write(options, terminal, (parts) => JSON.stringify(jsonSchema(parts), undefined, 2));

/** Where editors look for the schema of the test cases of `config`. */
export const casesBesideConfig = (config: string): string =>
  join(dirname(config), 'gateway.test.schema.json');

/** Writes the JSON Schema of files of test cases, which is the same for every config. */
export const casesSchema = (out: string, terminal: Surroundings): number =>
  writeText(JSON.stringify(casesJsonSchema(), undefined, 2), out, terminal) ? EXIT.ok : EXIT.failed;

/** Writes the reference of the config as Markdown. */
export const reference = (options: SchemaOptions, terminal: Surroundings): Promise<number> =>
  write(options, terminal, (parts) => referenceOf(parts).trimEnd());

/** Needs no valid config, but every file and plugin that it names. */
async function write(
  { config, out }: SchemaOptions,
  terminal: Surroundings,
  textOf: (parts: SchemaParts) => string,
): Promise<number> {
  const source = await readSource(config, terminal.environment);
  if (!source.complete) {
    printFaults(source.faults, terminal);
    return EXIT.badConfig;
  }
  const modules = await loadModules(source);
  printFaults(
    modules.findings.map((finding) => source.place(finding)),
    terminal,
  );
  const isWritten = writeText(textOf(modules), out, terminal);
  return isWritten && modules.findings.length === 0 ? EXIT.ok : EXIT.failed;
}

function writeText(text: string, out: string, terminal: Surroundings): boolean {
  if (out === '-') {
    terminal.out(text);
    return true;
  }
  try {
    writeFileSync(out, `${text}\n`);
  } catch (error) {
    terminal.err(`${out} cannot be written (${(error as NodeJS.ErrnoException).code})`);
    return false;
  }
  terminal.out(`wrote ${out}`);
  return true;
}
