/** `portico trace`, as `--help` describes it. */
import type { Command } from 'commander';
import { readHeader, readToken, readUrl } from '../load-arguments.ts';
import { teach } from '../teach.ts';
import type { TraceOrder } from '../trace/trace.ts';
import { ADMIN_ENVIRONMENT, ADMIN_OPTION, readToken as readAdminToken } from './admin.ts';
import type { Run } from './run.ts';

export function addTraceCommand(program: Command, run: Run): void {
  const command = program
    .command('trace')
    .description('send one request, and tell what really happened to it')
    .argument('[method]', 'such as GET')
    .argument('[url]', 'where clients would send it', readUrl)
    .option('-H, --header <field>', "'name: value'; may be given several times", readHeader)
    .option('--token <token>', 'sent as authorization: Bearer', readToken)
    .option('--body <text>', 'its body')
    .option('--id <id>', 'print the trace of a request that was signed and sent before')
    .option('--sign', 'print the signed field, for curl or a browser, and send nothing')
    .option('-c, --config <file>', 'take the key and the admin port from this config')
    .option(...ADMIN_OPTION)
    .option(
      '--admin-token <token>',
      'the admin token (default: PORTICO_ADMIN_TOKEN)',
      readAdminToken,
    )
    .option('--json', 'print the trace as JSON')
    .action(
      (method: string | undefined, url: URL | undefined, options: Omit<TraceOrder, 'method'>) =>
        run(async (terminal) => {
          const { trace } = await import('../trace/trace.ts');
          const what = {
            ...(method !== undefined && { method }),
            ...(url !== undefined && { url }),
          };
          return trace({ ...options, ...what }, terminal);
        }),
    );
  teach(command, {
    more:
      'The request is signed with a key of admin.trace, so that the gateway keeps what happened to it for five minutes: calls, ' +
      'attempts, times, codes. It is served as any other. A signature of --sign is good for one request within five minutes; ' +
      'X-Request-Id of the answer is the id. docs/trace.md says more.',
    examples: [
      'portico trace GET http://127.0.0.1:8080/ping -c gateway.config.yaml',
      'portico trace POST https://shop.example/orders --token "$TOKEN" --body "{}"',
      'portico trace GET https://shop.example/orders --sign',
      'portico trace --id 7cS2kqXcVf0B-2 --admin http://10.0.0.7:9901',
    ],
    exits: {
      0: 'the trace is printed, whatever the answer was',
      1: 'there was no answer, or there is no trace',
      78: 'the config of -c does not tell the key or the admin port',
    },
    environment: {
      PORTICO_TRACE_KEY: 'a key of admin.trace, if -c does not name a config that has it',
      ...ADMIN_ENVIRONMENT,
      PORTICO_ADMIN_TOKEN: 'the admin token, if --admin-token is not given',
    },
  });
}
