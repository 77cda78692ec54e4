/** `portico migrate status`, as `--help` describes it. */
import type { Command } from 'commander';
import type { MigrationAsked } from '../migrate.ts';
import { teach } from '../teach.ts';
import { adminCommand, UNANSWERED, UNTOLD } from './admin.ts';
import type { Run } from './run.ts';

const EXITS = {
  0: 'the routes are listed',
  1: `no route moves: it says how to begin; or ${UNANSWERED}`,
  78: UNTOLD,
} as const;

export function addMigrateCommand(program: Command, run: Run): void {
  const command = program
    .command('migrate')
    .description('see how far routes have moved to new services');
  teach(command, {
    examples: ['portico migrate status', 'portico migrate status --json'],
    exits: EXITS,
  });
  adminCommand(command, {
    name: 'status',
    description:
      'list the routes that have an owner, a split or a mirror: who answers, how well, and what comes next',
    examples: [
      'portico migrate status',
      'portico migrate status --json -c gateway.config.yaml',
      'portico migrate status --admin http://10.0.0.7:9901',
    ],
    exits: EXITS,
    page: 'docs/strangler.md',
  })
    .option('--json', 'print them as JSON, also if there are none')
    .action((options: MigrationAsked) =>
      run(async (terminal) => {
        const { migrationStatus } = await import('../migrate.ts');
        return migrationStatus(options, terminal);
      }),
    );
}
