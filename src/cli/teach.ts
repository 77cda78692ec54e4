/** What `--help` of a command says below its options: more about it, examples, exit codes, environment. */
import type { Command, Help } from 'commander';

export interface Lesson {
  /** What the one line of its description leaves out. Lines are wrapped. */
  readonly more?: string;
  /** Complete command lines. */
  readonly examples: readonly string[];
  /** What the process ends with, and when; 2 is the same for every command. */
  readonly exits: Readonly<Record<number, string>>;
  /** Variables that it reads, and what for. */
  readonly environment?: Readonly<Record<string, string>>;
}

const USAGE = { 2: 'the command line is wrong' } as const;

export function teach(command: Command, { more, examples, exits, environment }: Lesson): void {
  command.addHelpText('after', () => {
    const help = command.createHelp();
    help.prepareContext({ helpWidth: command.configureOutput().getOutHelpWidth?.() ?? 80 });
    return [
      ...(more === undefined ? [] : [help.boxWrap(more, help.helpWidth ?? 80)]),
      [help.styleTitle('Examples:'), ...examples.map((example) => `  ${example}`)].join('\n'),
      table('Exit codes:', { ...USAGE, ...exits }, help),
      ...(environment === undefined ? [] : [table('Environment:', environment, help)]),
    ].reduce((text, part) => `${text}\n${part}\n`, '');
  });
}

function table(title: string, rows: Readonly<Record<string, string>>, help: Help): string {
  const width = Math.max(...Object.keys(rows).map((term) => term.length));
  const items = Object.entries(rows).map(([term, text]) =>
    help.formatItem(term, width, text, help),
  );
  return [help.styleTitle(title), ...items].join('\n');
}
