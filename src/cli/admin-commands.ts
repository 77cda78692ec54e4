/** `portico history | rollback | reload`: their options, as `--help` lists them. */
import { type Command, InvalidArgumentError } from 'commander';
import type { AdminOrder } from './generations.ts';

const AFTER = `
The admin port is that of --admin, or of the config of -c, or http://127.0.0.1:9901. If the config sets admin.token,
send it by --token or PORTICO_ADMIN_TOKEN; with -c, the token of the config is sent. docs/reload.md says more.`;

/** Adds them to `program`; `run` is called with what was given. */
export function addAdminCommands(
  program: Command,
  run: (order: AdminOrder) => Promise<void>,
): void {
  const add = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'take the admin port from this config')
      .option('--admin <url>', 'the admin port (default: http://127.0.0.1:9901)', readAdmin)
      .option('--token <token>', 'the admin token (default: PORTICO_ADMIN_TOKEN)', readToken)
      .addHelpText('after', AFTER);

  add('history', 'list the last generations of a running gateway, and what changed with each')
    .option('--json', 'print them as JSON')
    .action((options: AdminOrder) => run({ ...options, command: 'history' }));
  add('rollback', 'go back to the config of an earlier generation')
    .argument('[generation]', 'its number in the history (default: the one before)', readNumber)
    .action((generation: number | undefined, options: AdminOrder) =>
      run({ ...options, command: 'rollback', ...(generation !== undefined && { generation }) }),
    );
  add('reload', 'make a running gateway load its config again')
    .option('--force', 'take the config of the files although a rollback holds')
    .action((options: AdminOrder) => run({ ...options, command: 'reload' }));
}

function readAdmin(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUsable =
    url !== undefined &&
    ['http:', 'https:'].includes(url.protocol) &&
    `${url.username}${url.password}` === '';
  if (!isUsable) throw new InvalidArgumentError('it is a URL such as http://127.0.0.1:9901');
  return url;
}

function readToken(text: string): string {
  if (isToken(text)) return text;
  throw new InvalidArgumentError('it has neither blanks nor other signs than those of ASCII');
}

/** May it be sent in a header? */
export const isToken = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

function readNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it is a number such as 3: see portico history');
}
