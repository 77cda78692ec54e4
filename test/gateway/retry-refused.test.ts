/** If the circuit or the bulkhead refuses a retry, the client learns what really failed. */
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { codeOf, forwardTo, startGateway } from './support/gateway.ts';
import { startUpstream } from './support/upstream.ts';

const BREAKER = { consecutive: 1, open: '1h' };
const RETRY = { attempts: 2, backoff: '1ms', budget: '100%' };

type Line = Readonly<Record<string, unknown>>;

async function gatewayTo(
  listener: Parameters<typeof startUpstream>[0],
  more: { upstream?: object; route?: object; other?: object } = {},
) {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  const gateway = await startGateway({
    log,
    config: {
      telemetry: { logs: { access: true } },
      upstreams: {
        up: {
          targets: [await startUpstream(listener)],
          breaker: BREAKER,
          retry: RETRY,
          ...more.upstream,
        },
        ...more.other,
      },
      routes: { all: forwardTo('/*', more.route) },
    },
  });
  const requests = (): Line[] =>
    lines.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === 'request');
  return { ...gateway, requests };
}

const up = (gateway: Awaited<ReturnType<typeof gatewayTo>>) =>
  gateway.gateway.status().upstreams.find(({ name }) => name === 'up')!;

describe('a retry that meets an open circuit', () => {
  test('keeps the timeout as the failure, for the client, the log and the fallback', async () => {
    const hanging = { upstream: { timeout: '50ms' } };
    const gateway = await gatewayTo(() => undefined, hanging);
    const response = await gateway.fetch('/a');
    expect([response.status, await codeOf(response)]).toEqual([504, 'GW_UPSTREAM_TIMEOUT']);
    await expect.poll(gateway.requests).toHaveLength(1);
    expect(gateway.requests()[0]).toMatchObject({ code: 'GW_UPSTREAM_TIMEOUT', attempts: 1 });

    const fallback = { respond: { status: 203, body: {} }, on: ['timeout'] };
    const second = await gatewayTo(() => undefined, { ...hanging, route: { fallback } });
    const instead = await second.fetch('/a');
    expect([instead.status, instead.headers.get('gateway-fallback')]).toEqual([203, 'timeout']);
    await expect.poll(second.requests).toHaveLength(1);
    expect(second.requests()[0]).toMatchObject({
      status: 203,
      firstAttempt: 'GW_UPSTREAM_TIMEOUT',
    });
  });

  test.each([0, 12, 60_000])('passes on the upstream’s 503 with %i bytes', async (length) => {
    const text = 'x'.repeat(length);
    const gateway = await gatewayTo((_request, response) =>
      response.writeHead(503, { 'x-own': 'yes' }).end(text),
    );
    const response = await gateway.fetch('/a');
    expect([response.status, response.headers.get('x-own')]).toEqual([503, 'yes']);
    expect(await response.text()).toBe(text);
    await expect.poll(() => up(gateway).circuit).toBe('open');
    expect(up(gateway).slots.used).toBe(0);
  });

  test('passes on an answer that is longer or slower too', async () => {
    const long = await gatewayTo((_request, response) =>
      response.writeHead(503).end('x'.repeat(300_000)),
    );
    expect((await (await long.fetch('/a')).text()).length).toBe(300_000);

    const slow = await gatewayTo((_request, response) => {
      response.writeHead(503).write('first ');
      setTimeout(() => response.end('second'), 300);
    });
    expect(await (await slow.fetch('/a')).text()).toBe('first second');
    for (const gateway of [long, slow]) {
      await expect.poll(() => up(gateway).slots.used).toBe(0);
    }
  });

  test('reports the timeout of a probe as such', async () => {
    let hits = 0;
    const gateway = await gatewayTo(
      (_request, response) => {
        hits += 1;
        if (hits === 1) response.writeHead(503).end();
      },
      { upstream: { timeout: '50ms', breaker: { consecutive: 1, open: '100ms' } } },
    );
    expect((await gateway.fetch('/a')).status).toBe(503);
    await expect.poll(async () => codeOf(await gateway.fetch('/a'))).toBe('GW_UPSTREAM_TIMEOUT');
    expect(hits).toBe(2);
  });

  test('reports an answer as cut if that happened before its head was passed on', async () => {
    const gateway = await gatewayTo((request, response) => {
      response.writeHead(503, { 'content-length': 100 }).write('some');
      setTimeout(() => request.socket.destroy(), 10);
    });
    const response = await gateway.fetch('/a');
    expect([response.status, await codeOf(response)]).toEqual([502, 'GW_BODY_TRUNCATED']);
  });
});

test('a retry that meets a full bulkhead passes on the upstream’s answer', async () => {
  const open: (() => void)[] = [];
  const gateway = await gatewayTo(
    (request, response) => {
      if (request.url === '/hold') open.push(() => response.end());
      else setTimeout(() => response.writeHead(503).end('busy'), 50);
    },
    {
      upstream: {
        breaker: false,
        bulkhead: { concurrency: 1, queue: 1, wait: '100ms' },
        retry: { attempts: 2, backoff: '1ms', budget: '100%' },
      },
    },
  );
  const failing = gateway.fetch('/a');
  await expect.poll(() => up(gateway).slots.used).toBe(1);
  const holding = gateway.fetch('/hold');
  const response = await failing;
  expect([response.status, await response.text()]).toEqual([503, 'busy']);
  for (const finish of open) finish();
  await (await holding).text();
  await expect.poll(() => up(gateway).slots.used).toBe(0);
});

test('a refused fallback leaves the original failure', async () => {
  const gateway = await gatewayTo(
    (_request, response) => void response.writeHead(500).end('the reason'),
    {
      upstream: { retry: false, breaker: false },
      other: {
        other: { targets: ['http://127.0.0.1:9'], retry: false, breaker: BREAKER },
      },
      route: { fallback: { upstream: 'other' } },
    },
  );
  expect(await codeOf(await gateway.fetch('/a'))).toBe('GW_UPSTREAM_CONNECT');
  const response = await gateway.fetch('/a');
  expect([response.status, await response.text()]).toEqual([500, 'the reason']);
  expect(response.headers.get('gateway-fallback')).toBeNull();
});
