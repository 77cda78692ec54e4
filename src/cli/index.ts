/** The command line: runs one command of `program.ts`. */
import { CommanderError } from 'commander';
import { hasColours } from './colours.ts';
import { createProgram } from './program.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** So wide is help where there is no terminal, and at most. */
const HELP_COLUMNS = { default: 80, most: 100 } as const;

/** Runs one command. @returns the exit code */
export async function runCli(terminal: Terminal): Promise<number> {
  let code: number = EXIT.ok;
  const helpWidth = (): number =>
    Math.min(terminal.columns ?? HELP_COLUMNS.default, HELP_COLUMNS.most);
  const program = createProgram(
    async (work) => {
      code = await work(terminal);
    },
    {
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      getOutHelpWidth: helpWidth,
      getErrHelpWidth: helpWidth,
      getOutHasColors: () => hasColours(terminal),
      getErrHasColors: () => hasColours(terminal),
    },
  );
  try {
    await program.parseAsync(terminal.args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return code;
}
