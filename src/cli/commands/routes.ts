/** `portico routes`, as `--help` describes it. */
import type { Command } from 'commander';
import type { RoutesOptions } from '../routes/routes.ts';
import { teach } from '../teach.ts';
import { CONFIG_ENVIRONMENT, CONFIG_OPTION, type Run } from './run.ts';

interface Given extends Omit<RoutesOptions, 'name' | 'json' | 'withoutAuth'> {
  readonly json?: boolean;
  readonly withoutAuth?: boolean;
}

export function addRoutesCommand(program: Command, run: Run): void {
  const command = program
    .command('routes')
    .description('list the routes of a config in the order in which they win')
    .argument('[name]', 'only routes of this name; * and ? stand for any characters')
    .option(...CONFIG_OPTION)
    .option('--host <host>', 'only routes that could serve this host')
    .option('--path <path>', 'only routes that could serve this path')
    .option('--method <method>', 'only routes that could serve this method')
    .option('--upstream <name>', 'only routes that call this upstream')
    .option('--plugin <name>', 'only routes with this plugin')
    .option('--owner <owner>', 'only routes of this owner')
    .option('--without-auth', 'only routes that admit anonymous clients')
    .option('--json', 'print them as JSON')
    .action((name: string | undefined, { json = false, withoutAuth = false, ...given }: Given) =>
      run(async (terminal) => {
        const { routes } = await import('../routes/routes.ts');
        const options = { ...given, json, withoutAuth, ...(name !== undefined && { name }) };
        return routes(options, terminal);
      }),
    );
  teach(command, {
    more:
      'Of two routes that fit a request, the one that stands first serves it. A route with several matches has a line ' +
      'for each. Lines are cut to fit a terminal, and nowhere else. docs/diff.md explains the columns and --json.',
    examples: [
      'portico routes',
      "portico routes 'order*' --json",
      'portico routes --host shop.example.com --path /api/orders/42 --method POST',
      'portico routes --without-auth',
    ],
    exits: { 0: 'listed', 78: 'the config has faults: they are listed' },
    environment: CONFIG_ENVIRONMENT,
  });
}
