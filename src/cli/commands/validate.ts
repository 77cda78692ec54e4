/** `portico validate`, as `--help` describes it. */
import type { Command } from 'commander';
import { teach } from '../teach.ts';
import { CONFIG_ENVIRONMENT, CONFIG_OPTION, type Run } from './run.ts';

interface Given {
  readonly config: string;
  readonly json?: boolean;
  readonly strict?: boolean;
}

export function addValidateCommand(program: Command, run: Run): void {
  const command = program
    .command('validate')
    .description('check the config and list every fault')
    .option(...CONFIG_OPTION)
    .option('--json', 'print the faults as JSON')
    .option('--strict', 'treat warnings as faults')
    .action(({ config, json = false, strict = false }: Given) =>
      run(async (terminal) => {
        const { validate } = await import('../validate.ts');
        return validate({ config, json, strict }, terminal);
      }),
    );
  teach(command, {
    more:
      'Does everything start does, but opens no port and makes no calls. It imports, and so runs, the plugins ' +
      'and BFFs that the config names; a plugin can tell by host.checking.',
    examples: ['portico validate', 'portico validate -c gateway.config.yaml --strict --json'],
    exits: { 0: 'start would serve it', 78: 'it has faults, or with --strict warnings' },
    environment: CONFIG_ENVIRONMENT,
  });
}
