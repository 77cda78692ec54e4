/** `portico new plugin` and `portico new bff`, as `--help` describes them. */
import type { Command } from 'commander';
import { teach } from '../teach.ts';
import { CONFIG_OPTION, type Run } from './run.ts';

interface Given {
  readonly config: string;
  readonly upstream?: string;
}

const EXITS = {
  0: 'written',
  1: 'it is there already, a file is in the way, or cannot be written',
  78: 'the config cannot be read',
} as const;

const MORE =
  'The files go beside the config. It adds a few lines to the config and keeps the rest as it is, comments included; ' +
  'where it cannot, it prints the lines. A gateway.schema.json beside the config is written anew.';

export function addNewCommand(program: Command, run: Run): void {
  const command = program.command('new').description('add a BFF or a plugin, with its test');
  teach(command, {
    examples: ['portico new bff mobile', 'portico new plugin tenant'],
    exits: EXITS,
  });
  addBffCommand(command, run);
  addPluginCommand(command, run);
}

function addBffCommand(parent: Command, run: Run): void {
  const command = parent
    .command('bff')
    .description('add bff/NAME/ and a route that mounts it at /NAME/*')
    .argument('<name>', 'its name, and that of its route')
    .option(...CONFIG_OPTION)
    .option('--upstream <name>', 'the upstream that it calls (default: the first of the config)')
    .action((name: string, given: Given) =>
      run(async (terminal) => {
        const { newBff } = await import('../scaffold/new.ts');
        return newBff({ name, ...given }, terminal);
      }),
    );
  teach(command, {
    more: MORE,
    examples: ['portico new bff mobile', 'portico new bff mobile --upstream orders'],
    exits: EXITS,
  });
}

function addPluginCommand(parent: Command, run: Run): void {
  const command = parent
    .command('plugin')
    .description('add plugins/NAME.ts, and its name under "plugins" of the config')
    .argument('<name>', 'its name: the key on routes')
    .option(...CONFIG_OPTION)
    .action((name: string, { config }: Given) =>
      run(async (terminal) => {
        const { newPlugin } = await import('../scaffold/new.ts');
        return newPlugin({ name, config }, terminal);
      }),
    );
  teach(command, {
    more: MORE,
    examples: [
      'portico new plugin tenant',
      'portico new plugin tenant -c edge/gateway.config.yaml',
    ],
    exits: EXITS,
  });
}
