/** `portico types`, as `--help` describes it. */
import type { Command } from 'commander';
import { teach } from '../teach.ts';
import { CONFIG_ENVIRONMENT, CONFIG_OPTION, type Run } from './run.ts';

interface Given {
  readonly config: string;
  readonly out?: string;
  readonly check?: boolean;
}

export function addTypesCommand(program: Command, run: Run): void {
  const command = program
    .command('types')
    .description("write types of the upstreams' OpenAPI documents, for BFFs")
    .argument('[upstream...]', 'upstreams (default: all that have a document)')
    .option(...CONFIG_OPTION)
    .option('-o, --out <folder>', 'output folder (default: bff/types beside the config)')
    .option('--check', 'write nothing; fail if the types are not of the documents as they are')
    .action((upstreams: readonly string[], { config, out, check = false }: Given) =>
      run(async (terminal) => {
        const { types } = await import('../types/types.ts');
        return types({ config, out, check, upstreams }, terminal);
      }),
    );
  teach(command, {
    more:
      'Check the files in: the compiler then finds whatever a BFF asks for and its upstream does not have. Writing needs ' +
      'openapi-typescript, which is installed apart, with a command that is printed; --check does not.',
    examples: ['portico types', 'portico types catalog', 'portico types --check'],
    exits: {
      0: 'written, or up to date',
      1: 'not up to date, or not written',
      78: 'the config has faults',
    },
    environment: CONFIG_ENVIRONMENT,
  });
}
