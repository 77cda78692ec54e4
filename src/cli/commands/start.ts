/** `portico start`, as `--help` describes it. */
import type { Command } from 'commander';
import { teach } from '../teach.ts';
import type { StartOptions } from '../start.ts';
import { CONFIG_ENVIRONMENT, CONFIG_OPTION, type Run } from './run.ts';

export function addStartCommand(program: Command, run: Run): void {
  const command = program
    .command('start')
    .description('serve the config until stopped')
    .option(...CONFIG_OPTION)
    .option('--no-watch', 'reload only on SIGHUP and POST /reload, not when files change')
    .action((options: StartOptions) =>
      run(async (terminal) => (await import('../start.ts')).start(options, terminal)),
    );
  teach(command, {
    more:
      'The log is JSON lines on standard output. SIGTERM and SIGINT let requests under way finish; ' +
      'a second one ends the process at once. docs/reload.md says what a reload keeps.',
    examples: ['portico start', 'portico start -c gateway.config.yaml --no-watch'],
    exits: {
      0: 'stopped, and every request had its answer',
      1: 'a port cannot be opened, or requests were cut off at the end',
      78: 'the config has faults: they are listed',
    },
    environment: CONFIG_ENVIRONMENT,
  });
}
