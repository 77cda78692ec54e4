/** `portico history`, `portico rollback` and `portico reload`, as `--help` describes them. */
import { type Command, InvalidArgumentError } from 'commander';
import type { AdminOrder } from '../generations.ts';
import { type Lesson, teach } from '../teach.ts';
import type { Run } from './run.ts';

const HOW =
  'The admin port is that of --admin, or of the config of -c, or of ADMIN_PORT, or http://127.0.0.1:9901. If the config sets ' +
  'admin.token, send it by --token or PORTICO_ADMIN_TOKEN; with -c, the token of the config is sent. ';

/** Of every command that asks a running gateway. */
export const ADMIN_OPTION = [
  '--admin <url>',
  'the admin port (default: that of ADMIN_PORT, or 9901, on this machine)',
  readAdmin,
] as const;

/** Of the same, with the token by its own option. */
export const ADMIN_ENVIRONMENT = {
  ADMIN_PORT: 'the admin port, if neither --admin nor -c tells it',
  ADMIN_HOST: 'its address, likewise',
} as const;

export const UNANSWERED = 'nothing answers there, or it refuses';
export const UNTOLD = 'the config of -c does not name an admin port';

export function addAdminCommands(program: Command, run: Run): void {
  addHistoryCommand(program, run);
  addRollbackCommand(program, run);
  addReloadCommand(program, run);
}

function addHistoryCommand(program: Command, run: Run): void {
  const command = adminCommand(program, {
    name: 'history',
    description: 'list the last generations of a running gateway, and what changed with each',
    examples: ['portico history', 'portico history --admin http://10.0.0.7:9901 --json'],
    exits: { 0: 'listed', 1: UNANSWERED, 78: UNTOLD },
  });
  command
    .option('--json', 'print them as JSON')
    .action((options: AdminOrder) => execute(run, { ...options, command: 'history' }));
}

function addRollbackCommand(program: Command, run: Run): void {
  const command = adminCommand(program, {
    name: 'rollback',
    description: 'go back to the config of an earlier generation',
    examples: ['portico rollback', 'portico rollback 3 -c gateway.config.yaml'],
    exits: {
      0: 'that config serves',
      1: UNANSWERED,
      78: `that config has faults by now; or ${UNTOLD}`,
    },
  });
  command
    .argument('[generation]', 'its number in the history (default: the one before)', readNumber)
    .action((generation: number | undefined, options: AdminOrder) =>
      execute(run, {
        ...options,
        command: 'rollback',
        ...(generation !== undefined && { generation }),
      }),
    );
}

function addReloadCommand(program: Command, run: Run): void {
  const command = adminCommand(program, {
    name: 'reload',
    description: 'make a running gateway load its config again',
    examples: ['portico reload', 'portico reload -c gateway.config.yaml --force'],
    exits: {
      0: 'the config of the files is applied',
      1: `a rollback holds; or ${UNANSWERED}`,
      78: `the config has faults: the previous one keeps serving; or ${UNTOLD}`,
    },
  });
  command
    .option('--force', 'apply the config files although a rollback holds')
    .action((options: AdminOrder) => execute(run, { ...options, command: 'reload' }));
}

type AdminLesson = Pick<Lesson, 'examples' | 'exits'> & {
  readonly name: string;
  readonly description: string;
  /** The page that says more. Default: `docs/reload.md`. */
  readonly page?: string;
};

/** A command that asks the admin port of a running gateway. */
export function adminCommand(
  program: Command,
  { name, description, page = 'docs/reload.md', ...lesson }: AdminLesson,
): Command {
  const command = program
    .command(name)
    .description(description)
    .option('-c, --config <file>', 'take the admin port from this config')
    .option(...ADMIN_OPTION)
    .option('--token <token>', 'the admin token (default: PORTICO_ADMIN_TOKEN)', readToken);
  teach(command, {
    ...lesson,
    more: `${HOW}More in ${page}.`,
    environment: {
      ...ADMIN_ENVIRONMENT,
      PORTICO_ADMIN_TOKEN: 'the admin token, if --token is not given',
    },
  });
  return command;
}

const execute = (run: Run, order: AdminOrder): Promise<void> =>
  run(async (terminal) => {
    const { runAdminCommand } = await import('../generations.ts');
    return runAdminCommand(order, terminal);
  });

export function readAdmin(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUsable =
    url !== undefined &&
    ['http:', 'https:'].includes(url.protocol) &&
    `${url.username}${url.password}` === '';
  if (!isUsable) throw new InvalidArgumentError('it must be a URL such as http://127.0.0.1:9901');
  return url;
}

export function readToken(text: string): string {
  if (isToken(text)) return text;
  throw new InvalidArgumentError('it may contain ASCII characters only, and no blanks');
}

/** May it be sent in a header? */
export const isToken = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

function readNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it must be a number such as 3: see portico history');
}
