/** `portico audit`, as `--help` describes it. */
import { type Command, Option } from 'commander';
import type { Severity } from '../../config/audit/audit.ts';
import { teach } from '../teach.ts';
import { CONFIG_ENVIRONMENT, CONFIG_OPTION, type Run } from './run.ts';

interface Given {
  readonly config: string;
  readonly json?: boolean;
  readonly ignore?: string;
  readonly failOn: Severity;
}

export function addAuditCommand(program: Command, run: Run): void {
  const command = program
    .command('audit')
    .description('list what is risky in a valid config')
    .option(...CONFIG_OPTION)
    .option('--json', 'print the findings as JSON')
    .option('--ignore <rules>', 'rules to ignore, separated by commas')
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 if a finding is at least this severe')
        .choices(['high', 'medium', 'low'])
        .default('high'),
    )
    .action(({ config, json = false, ignore = '', failOn }: Given) =>
      run(async (terminal) => {
        const { audit } = await import('../audit.ts');
        const ignored = ignore.split(/[,\s]+/).filter((rule) => rule !== '');
        return audit({ config, json, failOn, ignore: ignored }, terminal);
      }),
    );
  teach(command, {
    more:
      'It imports, and so runs, the plugins and BFFs that the config names. ' +
      'docs/audit.md has every rule and what to do about it.',
    examples: ['portico audit', 'portico audit --fail-on medium --ignore no-breaker'],
    exits: {
      0: 'no finding is as severe as --fail-on',
      1: 'at least one is',
      78: 'the config has faults: they are listed',
    },
    environment: CONFIG_ENVIRONMENT,
  });
}
