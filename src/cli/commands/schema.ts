/** `portico schema` and `portico reference`, as `--help` describes them. */
import type { Command } from 'commander';
import { teach } from '../teach.ts';
import { CONFIG_ENVIRONMENT, CONFIG_OPTION, type Run } from './run.ts';

interface Given {
  readonly config: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly tests?: boolean;
}

const EXITS = {
  0: 'written',
  1: 'the file cannot be written; or a plugin cannot be imported: written without it',
  78: 'the config cannot be read',
} as const;

export function addSchemaCommand(program: Command, run: Run): void {
  const command = program
    .command('schema')
    .description('write the JSON Schema of the config, for editors')
    .option(...CONFIG_OPTION)
    .option(
      '-o, --out <file>',
      'output file; - prints it (default: gateway.schema.json beside the config)',
    )
    .option('--json', 'print it (the same as --out -)')
    .option('--tests', 'that of test cases instead (default file: gateway.test.schema.json)')
    .action(({ config, out, json = false, tests = false }: Given) =>
      run(async (terminal) => {
        const { besideConfig, casesBesideConfig, casesSchema, schema } =
          await import('../schema.ts');
        if (tests) return casesSchema(json ? '-' : (out ?? casesBesideConfig(config)), terminal);
        return schema({ config, out: json ? '-' : (out ?? besideConfig(config)) }, terminal);
      }),
    );
  teach(command, {
    more:
      'It has the options of the plugins that the config names, yours too. An editor with a YAML language server ' +
      'takes it from the line "# yaml-language-server: $schema=gateway.schema.json" of the config.',
    examples: [
      'portico schema',
      'portico schema -c gateway.config.yaml --out -',
      'portico schema --tests',
    ],
    exits: EXITS,
    environment: CONFIG_ENVIRONMENT,
  });
}

export function addReferenceCommand(program: Command, run: Run): void {
  const command = program
    .command('reference')
    .description('print every option of the config, as Markdown')
    .option(...CONFIG_OPTION)
    .option('-o, --out <file>', 'output file; - prints it', '-')
    .action(({ config, out = '-' }: Given) =>
      run(async (terminal) => {
        const { reference } = await import('../schema.ts');
        return reference({ config, out }, terminal);
      }),
    );
  teach(command, {
    more: 'It has the options of the plugins that the config names, yours too.',
    examples: ['portico reference', 'portico reference -o docs/configuration.md'],
    exits: EXITS,
    environment: CONFIG_ENVIRONMENT,
  });
}
