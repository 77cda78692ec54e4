/** `portico explain`, as `--help` describes it. */
import { type Command, InvalidArgumentError } from 'commander';
import { QuestionError, readHeader } from '../../explain/question.ts';
import type { ExplainOrder } from '../explain.ts';
import { teach } from '../teach.ts';
import { ADMIN_ENVIRONMENT, ADMIN_OPTION, readToken } from './admin.ts';
import { CONFIG_ENVIRONMENT, type Run } from './run.ts';

type Given = Omit<ExplainOrder, 'method' | 'url' | 'headers'> & {
  readonly header: ExplainOrder['headers'];
};

export function addExplainCommand(program: Command, run: Run): void {
  const command = program
    .command('explain')
    .description('tell what happens to a request: its route, plugins and calls, and why')
    .argument('<method>', 'such as GET')
    .argument('<url>', 'a path, or an http or https URL')
    .option('-H, --header <field>', 'a header, as "name: value"; may be repeated', addHeader, [])
    .option('--token <token>', 'send it as Authorization: Bearer', readToken)
    .option('--from <address>', 'the address of the client', '127.0.0.1')
    .option('-c, --config <file>', 'explain by this config, without a running gateway')
    .option(...ADMIN_OPTION)
    .option('--admin-token <token>', 'the admin token (default: PORTICO_ADMIN_TOKEN)', readToken)
    .option('--json', 'print the explanation as JSON')
    .action((method: string, url: string, { header, ...given }: Given) =>
      run(async (terminal) => {
        const { explain } = await import('../explain.ts');
        return explain({ ...given, method, url, headers: header }, terminal);
      }),
    );
  teach(command, {
    more:
      'Nothing is called and nothing is counted. A running gateway is asked through its admin port, and knows counts, ' +
      'circuits and health. With -c the config is built as portico validate does it, and only key sets of token ' +
      'issuers are fetched, if the token needs them. More in docs/explain.md.',
    examples: [
      'portico explain GET /api/orders/1',
      'portico explain POST https://shop.example/api -H "x-version:2" --json',
      'portico explain GET /api/orders/1 -c gateway.config.yaml',
    ],
    exits: {
      0: 'explained, whatever would happen to the request',
      1: 'no gateway answers there, or it refuses',
      78: 'the config of -c has faults',
    },
    environment: {
      ...CONFIG_ENVIRONMENT,
      ...ADMIN_ENVIRONMENT,
      PORTICO_ADMIN_TOKEN: 'the admin token, if --admin-token is not given',
    },
  });
}

function addHeader(text: string, before: ExplainOrder['headers']): ExplainOrder['headers'] {
  try {
    return [...before, readHeader(text)];
  } catch (error) {
    if (!(error instanceof QuestionError)) throw error;
    throw new InvalidArgumentError(error.message);
  }
}
