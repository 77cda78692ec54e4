/** `portico load`, as `--help` describes it. */
import { type Command, Option } from 'commander';
import {
  type LoadArguments,
  METHODS,
  readConnections,
  readDuration,
  readHeader,
  readMeasured,
  readPath,
  readToken,
  readUrl,
} from '../load-arguments.ts';
import { teach } from '../teach.ts';
import { CONFIG_ENVIRONMENT, type Run } from './run.ts';

const MORE =
  'Starts the gateway of the config as a process of its own, on free ports of 127.0.0.1, pinned to one core if it ' +
  'can; sends one request; warms up until the rate is steady, because V8 compiles for some seconds; measures; stops ' +
  'everything. The upstreams must be running, or --stub answers for them. docs/performance.md says how to read the figures.';

export function addLoadCommand(program: Command, run: Run): void {
  const command = program
    .command('load')
    .description('run a load test against a config, and report what it cost')
    .option('--config <file>', 'the config (default: "gateway.config.yaml")')
    .option('--path <path>', 'path to request, with its query', readPath)
    .option('--url <url>', 'a gateway that is already running, instead of --config', readUrl)
    .option('--admin <url>', 'its admin port, for CPU time and refusals', readUrl)
    .option(
      '-c, --connections <n>',
      'connections, each with one request at a time',
      readConnections,
      64,
    )
    .addOption(
      new Option('-d, --duration <time>', 'measured time: seconds, or 500ms, 2m')
        .argParser(readMeasured)
        .default(10_000, '10'),
    )
    .option(
      '--warm-up <time>',
      'time before it (default: until the rate is steady, 4 to 20 s)',
      readDuration,
    )
    .addOption(
      new Option('--method <method>', 'default: GET, or POST with a body').choices(METHODS),
    )
    .option('--token <token>', 'sent as authorization: Bearer', readToken)
    .option('--header <field>', "'name: value'; may be given several times", readHeader)
    .option('--body <text>', 'body of each request')
    .option('--body-file <file>', 'the same from a file')
    .option('--stub', 'answer for every upstream, in a process of its own')
    .option('--stub-body <text>', 'what the stub answers (default: 300 bytes of JSON)')
    .option('--stub-delay <time>', 'how long it takes (default: 0)', readDuration)
    .option('--json', 'print the report as JSON')
    .action((given: LoadArguments) =>
      run(async (terminal) => (await import('../load.ts')).load(given, terminal)),
    );
  teach(command, {
    more: MORE,
    examples: [
      'portico load --path /api/orders/42 --token "$TOKEN"',
      'portico load --path /ping --stub --stub-delay 20ms -c 256',
      'portico load --url http://127.0.0.1:8080/ping --admin http://127.0.0.1:9901',
    ],
    exits: {
      0: 'measured: the report is printed',
      1: 'the gateway or the upstreams did not answer as they should',
      78: 'the config has faults: they are listed',
      130: 'interrupted; everything it started has ended',
    },
    environment: CONFIG_ENVIRONMENT,
  });
}
