/** `portico split`, as `--help` describes it. */
import { type Command, Option } from 'commander';
import type { SplitAsked } from '../split.ts';
import { adminCommand, UNANSWERED, UNTOLD } from './admin.ts';
import type { Run } from './run.ts';

export function addSplitCommand(program: Command, run: Run): void {
  const command = adminCommand(program, {
    name: 'split',
    description: 'tell the sides of a split route, take one out, or hand it back',
    examples: [
      'portico split products',
      'portico split products --abort catalog --reason replaced',
      'portico split products --auto catalog -c gateway.config.yaml',
    ],
    exits: {
      0: 'the sides are listed, as they are now',
      1: `there is no such split or side; or ${UNANSWERED}`,
      78: UNTOLD,
    },
    page: 'docs/split.md',
  });
  command
    .argument('<route>', 'the name of the route')
    .addOption(new Option('--abort <side>', 'take this side out').conflicts('auto'))
    .option('--auto <side>', 'hand this side back: it gets its weight again')
    .option('--reason <text>', 'why, for the log')
    .option('--json', 'print them as JSON')
    .action((route: string, options: Omit<SplitAsked, 'route'>) =>
      run(async (terminal) => {
        const { split } = await import('../split.ts');
        return split({ ...options, route }, terminal);
      }),
    );
}
