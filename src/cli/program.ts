/** Every command of `portico`, in the groups that `--help` shows. A command's code is loaded when it runs. */
import { styleText } from 'node:util';
import type { Command, OutputConfiguration } from 'commander';
import { addAdminCommands } from './commands/admin.ts';
import { addAuditCommand } from './commands/audit.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addDevCommand } from './commands/dev.ts';
import { addDiffCommand } from './commands/diff.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addInitCommand } from './commands/init.ts';
import { addLoadCommand } from './commands/load.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addNewCommand } from './commands/new.ts';
import { version } from '../running/version.ts';
import { addOperationsCommand } from './commands/operations.ts';
import { addOpenapiCommand } from './commands/openapi.ts';
import type { Run } from './commands/run.ts';
import { addRoutesCommand } from './commands/routes.ts';
import { addReferenceCommand, addSchemaCommand } from './commands/schema.ts';
import { addSplitCommand } from './commands/split.ts';
import { addStartCommand } from './commands/start.ts';
import { addTestCommand } from './commands/test.ts';
import { addTraceCommand } from './commands/trace.ts';
import { addTypesCommand } from './commands/types.ts';
import { addValidateCommand } from './commands/validate.ts';
import { ForgivingCommand } from './forgiving-command.ts';
import { teach } from './teach.ts';

type AddCommand = (program: Command, run: Run) => void;

const GROUPS: Readonly<Record<string, readonly AddCommand[]>> = {
  'Serve:': [addStartCommand, addDevCommand],
  'Understand a config:': [
    addValidateCommand,
    addTestCommand,
    addExplainCommand,
    addAuditCommand,
    addRoutesCommand,
    addDiffCommand,
    addLoadCommand,
  ],
  'A running gateway:': [
    addTraceCommand,
    addSplitCommand,
    addMigrateCommand,
    addOperationsCommand,
    addAdminCommands,
  ],
  'Make something:': [
    addInitCommand,
    addNewCommand,
    addSchemaCommand,
    addReferenceCommand,
    addTypesCommand,
    addOpenapiCommand,
    addCompletionCommand,
  ],
};

/** The settings that commands inherit come first. */
export function createProgram(run: Run, output: OutputConfiguration): Command {
  const program = new ForgivingCommand('portico')
    .description('A programmable API gateway and BFF.')
    .version(version(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput(output)
    .configureHelp({ styleTitle: (title) => styleText('bold', title, { validateStream: false }) });
  for (const [heading, commands] of Object.entries(GROUPS)) {
    program.commandsGroup(heading);
    for (const add of commands) add(program, run);
  }
  program.commandsGroup('Help:').helpCommand('help [command]', 'say more about a command');
  teach(program, {
    examples: ['portico dev', 'portico help validate'],
    exits: { 0: 'done', 1: 'not done: it says why', 78: 'the config has faults' },
    environment: {
      NO_COLOR: 'if set, no colours',
      FORCE_COLOR: 'if set, and not 0, colours even without a terminal',
    },
  });
  return program;
}
