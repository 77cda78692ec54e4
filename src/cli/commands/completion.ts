/** `portico completion`, as `--help` describes it. */
import { Argument, type Command } from 'commander';
import { teach } from '../teach.ts';
import type { Run } from './run.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function addCompletionCommand(program: Command, run: Run): void {
  const command = program
    .command('completion')
    .description('print a script that completes commands, options and files')
    .addArgument(new Argument('<shell>', 'the shell it is for').choices(SHELLS))
    .action((shell: Shell) =>
      run(async ({ out }) => {
        const { completion } = await import('../completion/completion.ts');
        return completion({ shell, program }, out);
      }),
    );
  teach(command, {
    more:
      'The script names everything once and needs no portico to run; print it again after an update. For bash, add the first example ' +
      'to ~/.bashrc; for zsh, add it to ~/.zshrc after compinit, with zsh for bash; for fish, run the second once.',
    examples: [
      'source <(portico completion bash)',
      'portico completion fish > ~/.config/fish/completions/portico.fish',
    ],
    exits: { 0: 'printed' },
  });
}
