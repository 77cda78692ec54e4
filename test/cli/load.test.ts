import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { LoadReport } from '../../src/load/report.ts';
import { startGatewayProcess } from '../e2e/gateway-process.ts';
import { nobody, startUpstream } from '../helpers/upstream.ts';
import { pair } from '../listener/gateway.ts';
import { configFile, runLoad, startLoad } from './load-process.ts';

/** Short, as only a test wants it. */
const BRIEF = ['-d', '1', '--warm-up', '0', '-c', '8'];

/** One forwarded route, `/orders`, with `route` and `upstream` in addition. */
const forwarding = (
  targets: readonly (string | object)[],
  route: object = {},
  upstream: object = {},
) => ({
  upstreams: { orders: { targets, ...upstream } },
  routes: { orders: { match: { path: '/orders/*' }, upstream: 'orders', ...route } },
});

const NOWHERE = 'http://orders.internal:4001';

describe('portico load', { timeout: 60_000 }, () => {
  test('says what a request costs, and what was refused and which key bounds it', async () => {
    const limited = { rateLimit: { max: 5, window: '1h', by: 'address' } };
    const config = configFile(forwarding([NOWHERE], limited));
    const written = readFileSync(config, 'utf8');
    const { code, out, err } = await runLoad([
      '--config',
      config,
      '--path',
      '/orders/42',
      '--stub',
      ...BRIEF,
    ]);

    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringContaining('measuring for 1 s') as unknown,
    });
    expect(out).toMatch(/^GET \/orders\/42 of .*, stub upstreams$/m);
    expect(out).toMatch(/^requests {3}[\d,]+, [\d,]+\/s$/m);
    expect(out).toMatch(/^responses .*4xx .*429: [\d,]+/m);
    expect(out).toMatch(/^latency {4}p50 .* p90 .* p99 .* p99\.9 .* max /m);
    expect(out).toMatch(/^CPU {8}[\d.]+ µs a request/m);
    expect(out).toMatch(/^memory {5}\d+ MiB before, \d+ MiB at the end, \d+ MiB at most/m);
    expect(out).toMatch(
      /× 429 GW_RATE_LIMITED: Too many requests \(route orders\)\n {4}→ raise rateLimit.max of routes.orders/,
    );
    expect(out).toContain('how to read it');
    for (const line of out.split('\n').filter((each) => each.includes('█'))) {
      expect(line.length).toBeLessThanOrEqual(80);
    }
    expect(readFileSync(config, 'utf8')).toBe(written);
  });

  test('prints the same as JSON, and nothing else on standard output', async () => {
    const crowded = { bulkhead: { concurrency: 1, queue: 1 } };
    const config = configFile(forwarding([NOWHERE], {}, crowded));
    const stub = ['--stub', '--stub-delay', '20ms', '--stub-body', 'plain'];
    const { code, out } = await runLoad([
      '--config',
      config,
      '--path',
      '/orders/42',
      '--json',
      ...stub,
      ...BRIEF,
    ]);

    const report = JSON.parse(out) as LoadReport;
    expect(code).toBe(0);
    expect(report.setting).toMatchObject({
      request: 'GET /orders/42',
      connections: 8,
      isStubbed: true,
    });
    expect(report.requests.total).toBe((report.classes['2xx'] ?? 0) + (report.classes['5xx'] ?? 0));
    expect(report.latencyMs.max).toBeGreaterThanOrEqual(20);
    expect(report.latencyMs.histogram.reduce((sum, { count }) => sum + count, 0)).toBe(
      report.requests.total,
    );
    expect(report.cpu?.perRequestUs).toBeGreaterThan(0);
    expect(report.memory?.highestBytes).toBeGreaterThanOrEqual(report.memory?.endBytes ?? Infinity);
    expect(report.gateway?.refusals).toMatchObject([
      {
        code: 'GW_BULKHEAD_FULL',
        status: 503,
        route: 'orders',
        hint: expect.stringContaining('upstreams.orders.bulkhead') as unknown,
      },
    ]);
    expect(report.gateway?.upstreams).toMatchObject([
      { name: 'orders', slots: 1, attempts: { 200: expect.any(Number) as unknown } },
    ]);
  });

  test('tells answers of a wrong path, instead of hiding them', async () => {
    const config = configFile(forwarding([await nobody()]));
    const { code, out, err } = await runLoad(['--config', config, '--path', '/ordres', ...BRIEF]);

    expect(code).toBe(0);
    expect(err).toContain(
      'the answer to one request is 404 GW_ROUTE_NOT_FOUND: that is what is measured',
    );
    expect(out).toMatch(/^responses {2}4xx 100 % {2}\(404: /m);
    expect(out).toMatch(/404 GW_ROUTE_NOT_FOUND: .* \(no route\)\n {4}→ --path matches no route/);
  });

  test('names the upstream and the target that cannot be reached, and measures nothing', async () => {
    const [upstream, gone] = [await startUpstream((_, response) => response.end()), await nobody()];
    // So that the one request finds the other one.
    const config = configFile(forwarding([{ url: upstream.url, weight: 1_000 }, gone]));
    const { code, out, err } = await runLoad([
      '--config',
      config,
      '--path',
      '/orders/42',
      ...BRIEF,
    ]);

    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(`load: upstreams.orders: ${gone} cannot be reached\n`);
    expect(err).toContain('--stub');
    expect(err).not.toContain(upstream.url);
  });

  test('names an upstream that a running gateway cannot reach', async () => {
    const gone = await nobody();
    const { url, adminUrl } = await startGatewayProcess(forwarding([gone]));
    const { code, out, err } = await runLoad([
      '--url',
      `${url}/orders/42`,
      '--admin',
      adminUrl,
      ...BRIEF,
    ]);

    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(`load: upstreams.orders: ${gone} cannot be reached\n`);
    expect(err).not.toContain('--stub');
  });

  test('sends what it is told, and nothing to the stub where there is none', async () => {
    const seen = new Set<string>();
    const upstream = await startUpstream((request, response) => {
      void text(request).then((body) => {
        const { authorization, 'content-type': type, 'x-shop': shop } = request.headers;
        seen.add([request.method, request.url, authorization, type, shop, body].join(' | '));
        response.end('{}');
      });
    });
    const config = configFile(forwarding([upstream.url]));
    const request = ['--body', '{"a":1}', '--token', 'T0KEN', '--header', 'X-Shop: eu'];
    const { code, err } = await runLoad([
      '--config',
      config,
      '--path',
      '/orders/a/../42?x=%2F',
      ...request,
      ...BRIEF,
    ]);

    expect({ code, err }).toMatchObject({ code: 0 });
    expect([...seen]).toEqual([
      'POST | /orders/42?x=%2F | Bearer T0KEN | application/json | eu | {"a":1}',
    ]);
    expect(upstream.hits).toBeGreaterThan(8);
  });

  test('drives a gateway that runs already, which its admin port tells of', async () => {
    const ping = { match: { path: '/ping' }, respond: { status: 200, body: { ok: true } } };
    const { url, adminUrl, child } = await startGatewayProcess({ routes: { ping } });
    const [blind, seeing] = await Promise.all([
      runLoad(['--url', `${url}/ping`, ...BRIEF]),
      runLoad(['--url', url, '--path', '/pong', '--admin', adminUrl, ...BRIEF]),
    ]);

    expect(blind).toMatchObject({ code: 0 });
    expect(blind.out).toMatch(/^responses {2}2xx 100 %/m);
    expect(blind.out).toContain('pass --admin');
    expect(seeing.out).toMatch(/^CPU {8}[\d.]+ µs a request/m);
    expect(seeing.out).toContain('× 404 GW_ROUTE_NOT_FOUND');
    expect(child.exitCode).toBeNull();
  });

  test('speaks TLS where the gateway does, whatever its certificate', async () => {
    const config = configFile({
      ...forwarding([NOWHERE]),
      server: { tls: pair('server') },
    });
    const args = ['--config', config, '--path', '/orders/42', '--stub', ...BRIEF];
    const { code, out } = await runLoad(args);
    expect(code).toBe(0);
    expect(out).toMatch(/^responses {2}2xx 100 %/m);
  });

  test('says that nothing was answered, where that takes longer than it measures', async () => {
    const config = configFile(forwarding([NOWHERE]));
    const args = ['--config', config, '--path', '/orders/42', '--stub', '--stub-delay', '2s'];
    const { code, out, err } = await runLoad([...args, '-c', '8', '-d', '0.5', '--warm-up', '0']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(
      'load: nothing was answered within 0.5 s: every answer took longer: pass a larger -d',
    );
  });

  test('says which gateway does not answer, and which admin port is not one', async () => {
    const [gone, other] = [
      await nobody(),
      await startUpstream((_, response) => response.end('x 1\n')),
    ];
    const [unreachable, foreign] = await Promise.all([
      runLoad(['--url', gone, ...BRIEF]),
      runLoad(['--url', other.url, '--admin', other.url, ...BRIEF]),
    ]);

    expect(unreachable).toMatchObject({
      code: 1,
      err: expect.stringContaining(`load: ${gone} does not answer`) as unknown,
    });
    expect(foreign.err).toContain(`${other.url}/metrics are not those of a Portico`);
  });

  test('prints the faults of a config as validate does, and ends with 78', async () => {
    const faults = readFileSync('test/config/broken/unknown-keys.expected.txt', 'utf8');
    const config = ['--config', 'test/config/broken/unknown-keys.yaml'];
    expect(await runLoad([...config, '--path', '/'])).toEqual({
      code: 78,
      out: '',
      err: `${faults}18 faults\n`,
    });
  });

  test('says that it may not open as many connections', async () => {
    const config = configFile(forwarding([NOWHERE]));
    const args = ['--config', config, '--path', '/orders/42', '--stub', '-c', '500'];
    const { code, out, err } = await startLoad(args, {}, '400').ended;
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(
      'load: 500 connections are more than a process here may open with its 400',
    );
    expect(err).toContain('ulimit -n');
  });

  test('says how to get autocannon where it is not installed', async () => {
    const hook = `import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) {
        return next(name === 'autocannon' ? 'autocannon-that-is-not-there' : name, context);
      } });`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` };
    const { code, err } = await runLoad(['--path', '/ping', ...BRIEF], env);

    expect(code).toBe(1);
    expect(err).toContain('load: autocannon is not installed');
    expect(err).toContain('npm install autocannon');
  });
});
