/** `portico diff`, as `--help` describes it. */
import { type Command, Option } from 'commander';
import type { Severity } from '../../config/audit/audit.ts';
import { teach } from '../teach.ts';
import { CONFIG_ENVIRONMENT, type Run } from './run.ts';

interface Given {
  readonly json?: boolean;
  readonly ignore?: string;
  readonly failOn: Severity;
}

export function addDiffCommand(program: Command, run: Run): void {
  const command = program
    .command('diff')
    .description('compare two configs: what changes, for whom, and what becomes risky')
    .argument('<old>', 'the config before')
    .argument('<new>', 'the config after')
    .option('--json', 'print the differences as JSON')
    .option('--ignore <rules>', 'rules to ignore, separated by commas')
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 if a risk is at least this severe')
        .choices(['high', 'medium', 'low'])
        .default('medium'),
    )
    .action((before: string, after: string, { json = false, ignore = '', failOn }: Given) =>
      run(async (terminal) => {
        const { diff } = await import('../diff/diff.ts');
        const ignored = ignore.split(/[,\s]+/).filter((rule) => rule !== '');
        return diff({ before, after, json, failOn, ignore: ignored }, terminal);
      }),
    );
  teach(command, {
    more:
      'Both configs are checked as validate does, each with its own plugins and BFFs, which are imported and so run. ' +
      'Risks come first. docs/diff.md has every rule, and a step for CI.',
    examples: [
      'portico diff gateway.config.yaml next.yaml',
      'portico diff ../main/my.yaml my.yaml --fail-on high --json',
    ],
    exits: {
      0: 'no difference, or no risk that is as severe as --fail-on',
      1: 'at least one is',
      78: 'a config has faults: they are listed',
    },
    environment: CONFIG_ENVIRONMENT,
  });
}
