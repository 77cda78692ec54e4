/** `portico openapi`, as `--help` describes it. */
import type { Command } from 'commander';
import { teach } from '../teach.ts';
import { CONFIG_ENVIRONMENT, CONFIG_OPTION, type Run } from './run.ts';

interface Given {
  readonly config: string;
  readonly route?: string;
  readonly out?: string;
  readonly strict?: boolean;
}

export function addOpenapiCommand(program: Command, run: Run): void {
  const command = program
    .command('openapi')
    .description('write the OpenAPI document of what the config serves')
    .option(...CONFIG_OPTION)
    .option(
      '--route <name>',
      'a route: the document that it publishes, or one of this route alone (default: the first that publishes one, or else all routes)',
    )
    .option('-o, --out <file>', 'output file; - prints it', '-')
    .option('--strict', 'fail if something of a route cannot be told')
    .action(({ config, route, out = '-', strict = false }: Given) =>
      run(async (terminal) => {
        const { openapi } = await import('../openapi.ts');
        return openapi({ config, route, out, strict }, terminal);
      }),
    );
  teach(command, {
    more:
      'It is the document that a route with the key "document" publishes, without a running gateway: for a ' +
      'comparison in CI, or a generator of clients. What cannot be told is a warning on standard error.',
    examples: ['portico openapi -o openapi.json', 'portico openapi --route products --strict'],
    exits: {
      0: 'written',
      1: 'the file cannot be written; or with --strict, something was left out',
      78: 'the config has faults',
    },
    environment: CONFIG_ENVIRONMENT,
  });
}
