/** Real requests, a real collector: which spans it gets, and what upstreams are told. */
import { describe, expect, test } from 'vitest';
import { startGateway } from '../../gateway/support/gateway.ts';
import { type Got, startCollector } from './collector.ts';
import { traced } from './traced-gateway.ts';

const PARENT = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = (flags = '01', version = '00'): string =>
  `${version}-${PARENT.traceId}-${PARENT.spanId}-${flags}`;
describe('the spans of a request', () => {
  test('nest: request, call, attempt; the upstream is told the attempt', async () => {
    const { fetch, ended, told, idOf } = await traced();
    await (await fetch('/one/a?secret=1')).text();
    const collector = await ended();

    const [request] = collector.roots() as [Got];
    const [call] = collector.below(request) as [Got];
    const [attempt] = collector.below(call) as [Got];
    expect(collector.spans).toHaveLength(3);
    expect([request.name, call.name, attempt.name]).toEqual(['GET /one/*', 'forward real', 'GET']);
    expect([call.kind, attempt.kind]).toEqual(['internal', 'client']);
    expect(request.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.route': '/one/*',
      'http.response.status_code': 200,
      'url.path': '/one/a',
      'url.scheme': 'http',
      'portico.route': 'one',
    });
    expect(attempt.attributes).toMatchObject({ 'http.response.status_code': 200 });
    expect(attempt.attributes['url.full']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/a$/);
    expect(attempt.events).toEqual(['connected', 'first byte']);
    expect(JSON.stringify(collector.spans)).not.toContain('secret');
    expect(idOf('/a?secret=1')).toEqual([attempt.id]);
    expect(told[0]!['parent']).toBe(`00-${request.traceId}-${attempt.id}-01`);
    for (const [inner, outer] of [
      [call, request],
      [attempt, call],
    ] as const) {
      expect(inner.start).toBeGreaterThanOrEqual(outer.start);
      expect(inner.end).toBeLessThanOrEqual(outer.end);
    }
    expect(collector.resource).toMatchObject({ 'service.name': 'portico' });
  });

  test('name the path of a unix socket, and a URL without it', async () => {
    const { fetch, ended } = await traced(
      {},
      {
        upstreams: { real: { targets: ['unix:/nowhere/up.sock'], retry: false } },
        routes: { one: { match: { path: '/one/*' }, upstream: 'real', rewrite: '/*' } },
      },
    );
    await (await fetch('/one/a?secret=1')).text();
    const attempt = (await ended()).spans.find(({ kind }) => kind === 'client');
    expect(attempt?.attributes).toMatchObject({
      'url.full': 'http://localhost/a',
      'server.address': '/nowhere/up.sock',
    });
  });

  test('are one for a request that matches nothing', async () => {
    const { fetch, ended } = await traced();
    await (await fetch('/nothing')).text();
    const collector = await ended();
    expect(collector.spans.map(({ name, isError }) => [name, isError])).toEqual([['GET', false]]);
    expect(collector.spans[0]!.attributes).toMatchObject({ 'portico.code': 'GW_ROUTE_NOT_FOUND' });
  });
});

describe('the context', () => {
  test('of a client is continued, with its state, and of its baggage what is allowed', async () => {
    const { fetch, ended, told } = await traced({ baggage: ['tenant'] });
    const headers = {
      traceparent: traceparent(),
      tracestate: 'a=1,b=2',
      baggage: 'tenant=x,secret=y',
    };
    await (await fetch('/one/a', { headers })).text();
    const collector = await ended();
    const [request] = collector.roots() as [Got];
    expect(request).toMatchObject({ traceId: PARENT.traceId, parentId: PARENT.spanId });
    expect(told[0]).toMatchObject({ tracestate: 'a=1,b=2', baggage: 'tenant=x' });
    expect(told[0]!['parent']).toMatch(new RegExp(`^00-${PARENT.traceId}-[\\da-f]{16}-01$`));
  });

  test.each([
    ['of the wrong length', `${traceparent()}0`],
    ['of no trace', `00-${'0'.repeat(32)}-${PARENT.spanId}-01`],
    ['of the forbidden version', traceparent('01', 'ff')],
  ])('that is not valid begins a new trace: %s', async (_what, text) => {
    const { fetch, ended, told } = await traced();
    await (await fetch('/one/a', { headers: { traceparent: text, tracestate: 'a=1' } })).text();
    const collector = await ended();
    expect(collector.roots()[0]!.traceId).not.toBe(PARENT.traceId);
    expect(collector.roots()[0]!.parentId).toBeUndefined();
    expect(told[0]!['tracestate']).toBeUndefined();
  });
});

describe('what is sent', () => {
  test('is not what a stranger says is sampled', async () => {
    const { fetch, ended, told } = await traced({ sample: '0%' });
    await (await fetch('/one/a', { headers: { traceparent: traceparent('01') } })).text();
    expect((await ended()).spans).toEqual([]);
    expect(told[0]!['parent']).toMatch(/-00$/);
  });

  test.each([
    ['01', '0%', 3],
    ['00', '100%', 0],
  ])('is what a trusted proxy says: flags %s', async (flags, sample, spans) => {
    const trusting = { server: { trustedProxies: ['127.0.0.1/32'] } };
    const { fetch, ended, told } = await traced({ sample }, trusting);
    await (await fetch('/one/a', { headers: { traceparent: traceparent(flags) } })).text();
    expect((await ended()).spans).toHaveLength(spans);
    expect(told[0]!['parent']).toMatch(new RegExp(`-${flags}$`));
  });

  test('is also what failed, without having been sampled', async () => {
    const { fetch, ended } = await traced({ sample: '0%' });
    await (await fetch('/one/down')).text();
    await (await fetch('/one/fine')).text();
    const collector = await ended();
    expect(collector.roots().map(({ attributes }) => attributes['url.path'])).toEqual([
      '/one/down',
    ]);
  });

  test('is not what failed, if nobody wants it', async () => {
    const { fetch, ended } = await traced({ sample: '0%', keep: { errors: false } });
    await (await fetch('/one/down')).text();
    expect((await ended()).requests).toEqual([]);
  });
});

test('the line of the access log names the trace', async () => {
  const lines: string[] = [];
  const { pino } = await import('pino');
  const collector = await startCollector();
  const gateway = await startGateway({
    log: pino({ base: null }, { write: (line: string) => void lines.push(line) }),
    config: {
      telemetry: {
        logs: { access: true },
        tracing: { endpoint: collector.url, protocol: 'http/json' },
      },
      routes: { own: { match: { path: '/own' }, respond: { body: 'x' } } },
    },
    upstreams: {},
  });
  await (await gateway.fetch('/own', { headers: { traceparent: traceparent() } })).text();
  await expect.poll(() => lines.join('')).toContain(`"traceId":"${PARENT.traceId}"`);
});
