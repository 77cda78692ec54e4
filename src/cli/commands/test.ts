/** `portico test`, as `--help` describes it. */
import { type Command, Option } from 'commander';
import type { TestOptions } from '../test/test.ts';
import { teach } from '../teach.ts';
import { CONFIG_ENVIRONMENT, CONFIG_OPTION, type Run } from './run.ts';

/** As the code has them, which is loaded when it runs. */
const REPORTERS = ['pretty', 'tap', 'junit'] satisfies readonly TestOptions['reporter'][];

export function addTestCommand(program: Command, run: Run): void {
  const command = program
    .command('test')
    .description('run the test cases of a config, without upstreams or network')
    .argument(
      '[files...]',
      'files of cases, or folders with some (default: *.test.yaml beside the config)',
    )
    .option(...CONFIG_OPTION)
    .option('--filter <text>', 'only cases with this in their names', '')
    .addOption(
      new Option('--reporter <name>', 'how the results are written')
        .choices(REPORTERS)
        .default('pretty'),
    )
    .option('--watch', 'run them again when they, the config, or its modules have changed')
    .action(
      (
        files: string[],
        { watch = false, ...given }: Omit<TestOptions, 'files'> & { readonly watch?: boolean },
      ) =>
        run(async (terminal) => {
          const options = { ...given, files };
          if (watch) return (await import('../test/watch.ts')).watch(options, terminal);
          return (await import('../test/test.ts')).test(options, terminal);
        }),
    );
  teach(command, {
    more:
      'Each case runs in a gateway of its own. No port is opened and no server is asked: the cases say what upstreams ' +
      'answer and who the client is. The clock is moved, so that a timeout takes no time. docs/testing.md explains the files.',
    examples: [
      'portico test',
      'portico test gateway.test.yaml --filter orders --watch',
      'portico test --reporter junit > results.xml',
    ],
    exits: {
      0: 'all passed',
      1: 'a case failed, or there is none to run',
      78: 'the config, or a file of cases, has faults: they are listed',
    },
    environment: CONFIG_ENVIRONMENT,
  });
}
