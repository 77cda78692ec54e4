/** `portico dev`, as `--help` describes it. */
import type { Command } from 'commander';
import type { DevOptions } from '../dev/dev.ts';
import { teach } from '../teach.ts';
import { CONFIG_ENVIRONMENT, CONFIG_OPTION, type Run } from './run.ts';

export function addDevCommand(program: Command, run: Run): void {
  const command = program
    .command('dev')
    .description('serve the config while you write it: plugins and BFFs are reloaded too')
    .option(...CONFIG_OPTION)
    .action((options: DevOptions) =>
      run(async (terminal) => (await import('../dev/dev.ts')).dev(options, terminal)),
    );
  teach(command, {
    more:
      'A fault is shown with its line, and the previous version keeps serving. If the first start has faults, it waits ' +
      'until they are fixed. On a terminal the log is readable; anywhere else it is JSON lines. Where an upstream does not ' +
      'answer as its OpenAPI document says, that is told once.',
    examples: ['portico dev', 'portico dev -c gateway.config.yaml | tee gateway.log'],
    exits: {
      0: 'stopped, and every request had its answer',
      1: 'a port cannot be opened, or requests were cut off at the end',
    },
    environment: CONFIG_ENVIRONMENT,
  });
}
