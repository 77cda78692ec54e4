/** `portico init`, as `--help` describes it. */
import type { Command } from 'commander';
import { teach } from '../teach.ts';
import type { Run } from './run.ts';

export function addInitCommand(program: Command, run: Run): void {
  const command = program
    .command('init')
    .description('start a gateway of your own: config, BFF, plugin, tests, Dockerfile')
    .argument('[folder]', 'made if it is not there', '.')
    .action((folder: string) =>
      run(async (terminal) => (await import('../scaffold/init.ts')).init({ folder }, terminal)),
    );
  teach(command, {
    more: 'It never writes over a file: if one is in the way, nothing is written.',
    examples: ['portico init', 'portico init my-gateway'],
    exits: { 0: 'written', 1: 'files are in the way, or cannot be written' },
  });
}
