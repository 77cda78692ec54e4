/** docs/operations.md: the metrics, log fields and exit codes that it names are those that there are. */
import { expect, test } from 'vitest';
import { EXIT } from '../../src/cli/terminal.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { Page } from '../helpers/page.ts';
import { metricsOf } from '../listener/gateway.ts';
import { recordingLog } from '../plugins/recording-log.ts';

const PAGE = new Page('docs/operations.md');
const KEY = 'acme-3f9c1e7ab52d40c8916e';
const HASH = 'e40509b3689c3ba93c4ab8a0402b298183249218b1583d0c4b8a1abe736e5e2c';

/** Nobody listens there: what counts the answers of Redis is reported from the start. */
const REDIS = 'redis://127.0.0.1:1';

async function shop() {
  const { log, lines } = recordingLog();
  const keySet = await startUpstream((_request, response) => response.end('{"keys":[]}'));
  const target = await startUpstream((_request, response) => response.end('{}'));
  const gateway = await startGateway({
    log,
    config: {
      server: { allowFaults: true },
      admin: { port: 0 },
      telemetry: { logs: { access: true } },
      store: { postgres: 'postgres://127.0.0.1:1/operations' },
      plugins: {
        apiKey: { consumers: { u1: { keys: [HASH] } }, redis: { url: REDIS } },
        rateLimit: { store: { redis: REDIS } },
        quota: { store: { redis: REDIS }, quotas: { daily: { limit: 0, per: 'day' } } },
        jwt: {
          revocations: { redis: REDIS },
          issuers: {
            login: {
              issuer: 'https://login.example',
              algorithms: ['ES256'],
              jwks: `${keySet}/jwks`,
            },
          },
        },
      },
      upstreams: { orders: { targets: [target] } },
      routes: {
        orders: {
          match: { path: '/api/orders/*' },
          apiKey: {},
          rateLimit: { max: 10, window: '1m' },
          upstream: 'orders',
        },
        users: { match: { path: '/api/users/*' }, jwt: { issuer: 'login' }, upstream: 'orders' },
        counted: { match: { path: '/counted' }, quota: 'daily', upstream: 'orders' },
        broken: {
          match: { path: '/broken' },
          fault: { abort: { percent: '100%', status: 503 } },
          upstream: 'orders',
        },
      },
    },
  });
  await gateway.fetch('/api/orders/42', { headers: { 'x-api-key': KEY } });
  return { gateway, lines };
}

test('each metric of the page is reported, with the labels that the page gives', async () => {
  const { gateway } = await shop();
  const metrics = await metricsOf(gateway);
  const named = [...PAGE.text.matchAll(/`((?:portico|process|nodejs)_\w+)(?:\{([^}]*)\})?`/g)];
  expect(named.length).toBeGreaterThan(15);
  for (const [, name, labels] of named) {
    expect(metrics).toContain(`# TYPE ${name} `);
    const sample = new RegExp(`^${name}(?:_bucket|_count)?\\{([^}]*)\\}`, 'm').exec(metrics)?.[1];
    if (labels === undefined || sample === undefined) continue;
    const reported = [...sample.matchAll(/(\w+)="/g)].map(([, label]) => label!);
    expect([name, reported.filter((label) => label !== 'le').toSorted()]).toEqual([
      name,
      labels.split(',').toSorted(),
    ]);
  }
});

test('each metric of the gateway is on the page', async () => {
  const { gateway } = await shop();
  const metrics = await metricsOf(gateway);
  const reported = [...metrics.matchAll(/^# TYPE (portico_\w+) /gm)].map(([, name]) => name!);
  expect(reported.length).toBeGreaterThan(15);
  expect(reported.filter((name) => !PAGE.text.includes(`\`${name}`))).toEqual([]);
});

test('the line of the page has the fields of a real one', async () => {
  const { lines } = await shop();
  const isRequest = ({ msg }: { readonly msg?: unknown }): boolean => msg === 'request';
  await expect.poll(() => lines().find(isRequest)).toBeDefined();
  const shown = JSON.parse(PAGE.blocks('json')[0]!) as object;
  const real = lines().find(isRequest)!;
  const own = new Set(['level', 'time', 'pid', 'hostname']);
  const fields = (line: object) =>
    Object.keys(line)
      .filter((key) => !own.has(key))
      .toSorted();
  expect(fields(shown)).toEqual(fields(real));
});

test('the exit codes are those of the commands', () => {
  const listed = [...PAGE.text.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
  const { interrupted: _interrupted, ...served } = EXIT;
  expect(listed).toEqual(Object.values(served));
});

/** The default of `upstreams.<name>.bulkhead.queue` and the like, as the reference has it. */
function defaultOf(reference: string, key: string): string | undefined {
  const at = key.lastIndexOf('.');
  const section = reference
    .split(/^#+ /m)
    .find((each) => each.startsWith(`\`${key.slice(0, at)}\``));
  return new RegExp(`^\\| \`${key.slice(at + 1)}\` \\|[^|]*\\| \`([^|]*)\` \\|`, 'm').exec(
    section ?? '',
  )?.[1];
}

test('each key that the page tells to change exists, and has the default that is given', () => {
  const reference = new Page('docs/configuration.md').text;
  const named = [...PAGE.text.matchAll(/`((?:server|upstreams)\.[\w.<>]+)` \(([^)]+)\)/g)];
  expect(named.length).toBeGreaterThan(8);
  for (const [, key, value] of named) {
    expect([key, defaultOf(reference, key!)]).toEqual([key, value]);
  }
});
