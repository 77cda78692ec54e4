import { describe, expect, test } from 'vitest';
import type { Trace } from '../../src/observe/trace.ts';
import { waterfall } from '../../src/cli/trace/waterfall.ts';
import { folderOf } from '../config/config-files.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { KEY, startTracing } from '../trace/tracing.ts';
import { run } from './run.ts';

const TOKEN = 'a-token-of-the-operator';
const ENVIRONMENT = { PORTICO_TRACE_KEY: KEY };

async function started() {
  let asked = 0;
  const { url, adminUrl, fetch, seen } = await startTracing({
    config: {
      upstreams: { up: { retry: { attempts: 2 } } },
      routes: {
        all: { match: { path: '/*', headers: { 'x-test': 'a' } }, upstream: 'up' },
      },
    },
    upstreams: { up: () => ({ status: (asked += 1) % 2 === 1 ? 503 : 200, body: 'ok' }) },
  });
  const trace = (...args: readonly string[]) =>
    run(['trace', ...args, '--admin', adminUrl], ENVIRONMENT);
  return { url, adminUrl, fetch, seen, trace };
}

describe('portico trace', () => {
  test('sends a request, and draws what happened', async () => {
    const { url, trace, seen } = await started();
    const { code, out, err } = await trace('GET', `${url}/a?b=c`, '-H', 'x-test: a');
    expect([code, err]).toEqual([0, []]);
    const text = out.join('\n');
    expect(text).toMatch(/^GET \/a → 200 {2}[\d.]+ ms$/m);
    expect(text).toMatch(/^ {2}route +all$/m);
    expect(text).toMatch(/http:\/\/up\.invalid .* 503$/m);
    expect(text).toMatch(/http:\/\/up\.invalid .* 200$/m);
    expect(text).toMatch(/^such a request, explained after the answer:$/m);
    expect(text).toMatch(/^ {2}wins +all /m);
    expect(seen.map(({ path }) => path)).toEqual(['/a', '/a']);
  });

  test('prints the trace itself with --json', async () => {
    const { url, trace } = await started();
    const { out } = await trace('GET', `${url}/none`, '--json');
    expect(JSON.parse(out.join('\n'))).toMatchObject({ status: 404, code: 'GW_ROUTE_NOT_FOUND' });
  });

  test('sends method, token, header fields and body', async () => {
    const { url, trace, seen } = await started();
    const sent = ['--token', 'abc', '-H', 'x-test: a', '-H', 'x-more: b', '--body', 'hello'];
    await trace('PUT', `${url}/a`, ...sent);
    expect(seen[0]).toMatchObject({ method: 'PUT' });
    expect(seen[0]!.headers).toMatchObject({ authorization: 'Bearer abc', 'x-more': 'b' });
    expect(Buffer.from(seen[0]!.body as Uint8Array).toString()).toBe('hello');
  });

  test('prints a signed field, with which another client leaves a trace', async () => {
    const { url, trace } = await started();
    const { out, code } = await trace('GET', `${url}/a`, '--sign');
    expect(code).toBe(0);
    const [name, value] = out[0]!.split(': ') as [string, string];
    const response = await fetch(`${url}/a`, { headers: { [name]: value, 'x-test': 'a' } });
    const traced = await trace('--id', response.headers.get('x-request-id')!);
    expect(traced.out[0]).toMatch(/^GET \/a → 200/);
  });

  test('takes key, token and port from a config', async () => {
    const { url, adminUrl } = await startTracing({
      admin: { token: TOKEN, trace: { keys: [KEY] } },
      config: { routes: { all: { match: { path: '/*' }, respond: { status: 204 } } } },
    });
    const { port } = new URL(adminUrl);
    const text = `admin: { port: ${port}, token: '\${ADMIN}', trace: { keys: ['\${KEY}'] } }`;
    const file = `${folderOf({ 'c.yaml': text })}/c.yaml`;
    const { code, err } = await run(['trace', 'GET', url, '-c', file], { KEY, ADMIN: TOKEN });
    expect([code, err]).toEqual([0, []]);
  });

  test('says that the key is another one, or that the admin token is needed', async () => {
    const { url, adminUrl } = await startTracing({
      admin: { token: TOKEN, trace: { keys: [KEY] } },
      config: { routes: { all: { match: { path: '/*' }, respond: { status: 204 } } } },
    });
    const ask = (environment: object) =>
      run(['trace', 'GET', url, '--admin', adminUrl], { PORTICO_TRACE_KEY: KEY, ...environment });
    const refused = await ask({});
    expect(refused.code).toBe(1);
    expect(refused.err.join()).toContain('--admin-token, or PORTICO_ADMIN_TOKEN');
    const other = { PORTICO_ADMIN_TOKEN: TOKEN, PORTICO_TRACE_KEY: 'x'.repeat(40) };
    const { code, err } = await ask(other);
    expect(code).toBe(1);
    expect(err.join()).toContain('it was not signed by a key of admin.trace');
    expect(err.join()).not.toContain('xxx');
  });

  test('says that the answer is not of Portico, or that there is none', async () => {
    const { trace } = await started();
    const other = await startUpstream((_request, response) => response.end());
    const strange = await trace('GET', other);
    expect([strange.code, strange.err.join()]).toEqual([
      1,
      expect.stringContaining('without X-Request-Id'),
    ]);
    const none = await trace('GET', 'http://127.0.0.1:1/');
    expect(none.code).toBe(1);
    expect(none.err.join()).toMatch(/did not answer|bad port/);
  });

  test.each([
    [['GET'], 'pass METHOD and URL'],
    [[], 'pass METHOD and URL'],
    [['get', 'http://127.0.0.1/'], '"get" is not a method'],
    [['GET', 'not a url'], 'URL such as http'],
    [['GET', 'http://127.0.0.1/', '--id', 'x'], 'leave out METHOD and URL'],
    [['--id', 'x', '--body', 'y'], 'leave out --body'],
    [['GET', 'http://127.0.0.1/', '--sign', '--token', 'y'], 'sends nothing: leave out --token'],
    [['TRACE', 'http://127.0.0.1/'], 'TRACE'],
    [['GET', 'http://127.0.0.1/', '--body', 'x'], 'GET'],
  ])('%j is a wrong command line', async (args, message) => {
    const { code, out, err } = await run(['trace', ...args], ENVIRONMENT);
    expect([code, out]).toEqual([2, []]);
    expect(err.join('\n')).toContain(message);
  });

  test('needs a key', async () => {
    const { code, err } = await run(['trace', 'GET', 'http://127.0.0.1/']);
    expect(code).toBe(2);
    expect(err.join()).toContain('PORTICO_TRACE_KEY');
  });
});

const ASKED = { method: 'GET', path: '/a' };
const TRACE: Trace = {
  id: 'a-1',
  at: '2026-11-30T08:00:00.000Z',
  generation: 3,
  method: 'GET',
  host: 'shop.example',
  path: '/page',
  route: 'page',
  consumer: 'ada',
  status: 200,
  totalMs: 100,
  bytesReceived: 0,
  bytesSent: 12,
  missing: [{ name: 'stock', reason: 'timeout' }],
  calls: [
    {
      purpose: 'part',
      name: 'book',
      upstream: 'catalog',
      startMs: 0,
      ms: 50,
      queuedMs: 10,
      status: 200,
      attempts: [
        {
          ...ASKED,
          target: 'http://10.0.0.1:80',
          startMs: 10,
          connectMs: 10,
          firstByteMs: 30,
          status: 200,
        },
      ],
    },
    {
      purpose: 'part',
      name: 'stock',
      upstream: 'stock',
      startMs: 0,
      ms: 100,
      queuedMs: 0,
      code: 'GW_UPSTREAM_TIMEOUT',
      attempts: [
        {
          ...ASKED,
          target: 'http://10.0.0.2:80',
          startMs: 0,
          failedMs: 40,
          code: 'GW_UPSTREAM_RESET',
          cause: 'ECONNRESET',
        },
        { ...ASKED, target: 'http://10.0.0.2:80', startMs: 60 },
      ],
    },
  ],
};

describe('the waterfall', () => {
  test('shows when each step began and how long it took', () => {
    expect(waterfall(TRACE, { columns: 100, isColoured: false })).toMatchInlineSnapshot(`
      [
        "GET /page → 200  100.0 ms",
        "  id        a-1",
        "  at        2026-11-30T08:00:00.000Z, by generation 3",
        "  route     page",
        "  consumer  ada",
        "  bytes     0 received, 12 sent",
        "  missing   stock: timeout",
        "",
        "  part book → catalog   ─────────────────                    50.0 ms  200  queued 10.0 ms",
        "    http://10.0.0.1:80     ····██████                        30.0 ms  200",
        "  part stock → stock    ─────────────────────────────────   100.0 ms  GW_UPSTREAM_TIMEOUT",
        "    http://10.0.0.2:80  █████████████                        40.0 ms  GW_UPSTREAM_RESET (ECONNRESET)",
        "    http://10.0.0.2:80                      █████████████    40.0 ms  under way",
      ]
    `);
  });

  test.each([20, 40, 80, 200])('fits %i columns as far as it can', (columns) => {
    const lines = waterfall(TRACE, { columns, isColoured: false });
    const most = Math.max(...lines.map((line) => line.length));
    expect(most).toBeLessThanOrEqual(Math.max(columns, 90));
  });

  test('has colours where they are wanted, and nothing that a terminal obeys of others', () => {
    const hostile = { ...TRACE, path: '/\u001b[2J', route: '\u001b]0;x\u0007' };
    const [first, ...rest] = waterfall(hostile, { isColoured: true });
    expect(first).toContain('\u001b[32m200');
    for (const obeyed of ['\u001b[2J', '\u001b]']) {
      expect([first, ...rest].join('\n')).not.toContain(obeyed);
    }
  });

  test('says that no call was made', () => {
    const none = waterfall({ ...TRACE, calls: [] }, { isColoured: false });
    expect(none.at(-1)).toBe('  no call was made');
  });
});
