/** docs/trace.md says what is true. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { waterfall } from '../../src/cli/trace/waterfall.ts';
import type { Trace } from '../../src/observe/trace.ts';
import { TRACE_LIMITS } from '../../src/observe/traces.ts';
import { faultsOf, withOrders } from '../config/config-files.ts';
import { partOf, writePart } from '../helpers/docs-part.ts';
import { KEY, startTracing } from './tracing.ts';

const PAGE = 'docs/trace.md';
const TEXT = readFileSync(PAGE, 'utf8');
const UPDATES = process.env['UPDATE_DOCS'] !== undefined;
const hasOpenSsl = spawnSync('openssl', ['version']).status === 0;

const part = { purpose: 'part', startMs: 1.2, queuedMs: 0 };
const ASKED = { method: 'GET', path: '/books/7' };
const PAGE_TRACE: Trace = {
  id: 'XN6rHK0bDOWF-4f',
  at: '2026-11-30T08:15:00.250Z',
  generation: 3,
  method: 'GET',
  host: 'shop.example',
  path: '/page',
  route: 'page',
  consumer: 'ada',
  status: 200,
  totalMs: 143.2,
  bytesReceived: 0,
  bytesSent: 812,
  missing: [{ name: 'stock', reason: 'unreachable' }],
  calls: [
    {
      ...part,
      name: 'book',
      upstream: 'catalog',
      ms: 141.1,
      status: 200,
      attempts: [
        {
          ...ASKED,
          target: 'http://10.0.0.4:8080',
          startMs: 1.3,
          connectMs: 9.8,
          firstByteMs: 38.7,
          status: 503,
        },
        {
          ...ASKED,
          target: 'http://10.0.0.5:8080',
          startMs: 88.3,
          connectMs: 0.1,
          firstByteMs: 52.9,
          status: 200,
        },
      ],
    },
    {
      ...part,
      name: 'stock',
      upstream: 'stock',
      ms: 12.4,
      code: 'GW_UPSTREAM_CONNECT',
      cause: 'ECONNREFUSED',
      attempts: [
        {
          ...ASKED,
          target: 'http://10.0.0.9:8080',
          startMs: 1.4,
          failedMs: 12.1,
          code: 'GW_UPSTREAM_CONNECT',
          cause: 'ECONNREFUSED',
        },
      ],
    },
  ],
};

test('the waterfall is what the command prints', () => {
  const lines = waterfall(PAGE_TRACE, { columns: 118, isColoured: false });
  const block = ['```text', ...lines, '```'].join('\n');
  if (UPDATES) writePart(PAGE, 'waterfall', `\n${block}\n`);
  expect(partOf(PAGE, 'waterfall')).toBe(block);
});

test('the example is a valid config', async () => {
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(TEXT) ?? [];
  const text = yaml.replace('${file:/run/secrets/trace-key}', '${KEY}');
  expect(await faultsOf(withOrders(text), { KEY: 'k'.repeat(43) })).toEqual([]);
});

test.each([
  ['one that is short', `keys: ['short']`, 'must be at least 32 characters long'],
  ['none', 'keys: []', 'admin.trace.keys'],
  ['a misspelt key', `kesy: ['x']`, 'did you mean "keys"'],
])('of keys, %s is a fault', async (_what, keys, message) => {
  const faults = await faultsOf(withOrders(`admin: { trace: { ${keys} } }`), {});
  expect(faults.join('\n')).toContain(message);
});

test('the bounds are those of the gateway', () => {
  const { kept, traceBytes, bytes, used, keptMs } = TRACE_LIMITS;
  const minutes = { 5: 'five' }[keptMs / 60_000];
  expect(TEXT).toContain(
    `the last ${kept}, ${traceBytes / 1_024} KiB each, ${bytes / 1_048_576} MiB together, ${minutes} minutes`,
  );
  expect(TEXT).toContain(`${used.toLocaleString('en')} used ones`);
});

test.skipIf(!hasOpenSsl && process.env['CI'] === undefined)(
  'other tools sign as it says',
  async () => {
    const { url, traceOf } = await startTracing({
      config: { routes: { all: { match: { path: '/*' }, respond: { status: 204 } } } },
    });
    const blocks = [...TEXT.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
    const script = blocks.find((block) => block.includes('openssl dgst'))!;
    const env = { PATH: process.env['PATH'], PORTICO_TRACE_KEY: KEY, GATEWAY: url };
    const said = await shell(script, env);
    const id = /^x-request-id: (\S+)/im.exec(said)?.[1] ?? '';
    const headers = new Headers({ 'x-request-id': id });
    expect((await traceOf(new Response(null, { headers }))).status).toBe(200);
  },
);

/** Not in this process: the gateway answers meanwhile. */
async function shell(script: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env });
  return stdout;
}
