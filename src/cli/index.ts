/**
 * The command line: `portico start | dev | validate | audit | load | history | rollback | reload | schema | reference`.
 * Each command's code is loaded when it runs.
 */
import { createRequire } from 'node:module';
import { Command, CommanderError, Option } from 'commander';
import type { Severity } from '../config/audit/audit.ts';
import { addAdminCommands } from './admin-commands.ts';
import { addLoadCommand } from './load-command.ts';
import type { StartOptions } from './start.ts';
import { EXIT, type Terminal } from './terminal.ts';

const CONFIG_OPTION = ['-c, --config <file>', 'the config', 'gateway.config.yaml'] as const;

interface AuditCommand {
  readonly config: string;
  readonly json?: boolean;
  readonly ignore: string;
  readonly failOn: Severity;
}

/** Of this package, from its sources and from `dist/` alike. */
const versionOf = (): string =>
  (createRequire(import.meta.url)('portico/package.json') as { readonly version: string }).version;

/** Runs one command. @returns the exit code */
export async function runCli(terminal: Terminal): Promise<number> {
  let code: number = EXIT.ok;
  const program = new Command('portico')
    .description('A programmable API gateway and BFF.')
    .version(versionOf(), '-v, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });

  program
    .command('start')
    .description('serve the config until stopped')
    .option(...CONFIG_OPTION)
    .option('--no-watch', 'reload only on SIGHUP and POST /reload, not when files change')
    .action(async (options: StartOptions) => {
      const { start } = await import('./start.ts');
      code = await start(options, terminal);
    });

  program
    .command('dev')
    .description('serve the config while you write it: plugins and BFFs are reloaded too')
    .option(...CONFIG_OPTION)
    .addHelpText(
      'after',
      '\nA fault is shown with its line, and the previous version serves on. If the first start has faults, it waits' +
        '\nuntil they are gone. On a terminal the log is readable (NO_COLOR=1: without colours); anywhere else it is JSON lines.',
    )
    .action(async (options: { config: string }) => {
      const { dev } = await import('./dev/dev.ts');
      code = await dev(options, terminal);
    });

  program
    .command('validate')
    .description('check the config and list every fault')
    .option(...CONFIG_OPTION)
    .option('--json', 'print the faults as JSON')
    .option('--strict', 'treat warnings as faults')
    .addHelpText(
      'after',
      '\nDoes everything start does, but opens no port and makes no calls. It imports, and so runs, the plugins' +
        '\nand BFFs that the config names; a plugin can tell by host.checking.',
    )
    .action(async (options: { config: string; json?: boolean; strict?: boolean }) => {
      const { validate } = await import('./validate.ts');
      const { config, json = false, strict = false } = options;
      code = await validate({ config, json, strict }, terminal);
    });

  program
    .command('audit')
    .description('list what is risky in a valid config')
    .option(...CONFIG_OPTION)
    .option('--json', 'print the findings as JSON')
    .option('--ignore <rules>', 'rules to ignore, separated by commas', '')
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 if a finding is at least this severe')
        .choices(['high', 'medium', 'low'])
        .default('high'),
    )
    .addHelpText(
      'after',
      '\nThis imports, and so runs, the plugins and BFFs that the config names.',
    )
    .action(async (options: AuditCommand) => {
      const { audit } = await import('./audit.ts');
      const ignore = options.ignore.split(/[,\s]+/).filter((rule) => rule !== '');
      code = await audit({ ...options, json: options.json === true, ignore }, terminal);
    });

  addLoadCommand(program, async (given) => {
    const { load } = await import('./load.ts');
    code = await load(given, terminal);
  });

  addAdminCommands(program, async (order) => {
    const { runAdminCommand } = await import('./generations.ts');
    code = await runAdminCommand(order, terminal);
  });

  program
    .command('schema')
    .description('write the JSON Schema of the config, for editors')
    .option(...CONFIG_OPTION)
    .option(
      '-o, --out <file>',
      'output file; - prints it (default: gateway.schema.json beside the config)',
    )
    .option('--json', 'print it (the same as --out -)')
    .action(async ({ config, out, json }: { config: string; out?: string; json?: boolean }) => {
      const { besideConfig, schema } = await import('./schema.ts');
      const to = json === true ? '-' : (out ?? besideConfig(config));
      code = await schema({ config, out: to }, terminal);
    });

  program
    .command('reference')
    .description('print every option of the config, as Markdown')
    .option(...CONFIG_OPTION)
    .option('-o, --out <file>', 'output file; - prints it', '-')
    .action(async (options: { config: string; out: string }) => {
      const { reference } = await import('./schema.ts');
      code = await reference(options, terminal);
    });

  try {
    await program.parseAsync(terminal.args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const [command, file] = terminal.args;
    if (error.code === 'commander.excessArguments' && file?.startsWith('-') === false) {
      terminal.err(`(Did you mean portico ${command} --config ${file}?)`);
    }
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return code;
}
