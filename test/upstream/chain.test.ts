import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FAILURE_KINDS } from '../../src/config/schema/guards.ts';
import type { Call, Policy } from '../../src/core/call.ts';
import type { BreakerConfig, RetryConfig } from '../../src/config/build/config.ts';
import { answering, aRequest, codeOf, failure } from '../helpers/call.ts';
import { chainOver, chainTo, unobserved } from '../helpers/state.ts';
import { pass } from '../helpers/time.ts';
import { sending } from '../helpers/upload.ts';
import { eventually, nobody, startUpstream, startWire } from '../helpers/upstream.ts';

const RETRY: RetryConfig = {
  attempts: 2,
  on: ['connect', 'reset', 502, 503, 504],
  backoffMs: 5,
  budget: 0.2,
};
const BREAKER: BreakerConfig = {
  kind: 'consecutive',
  failures: 3,
  openMs: 60_000,
  probes: 1,
  handle: [...FAILURE_KINDS],
};
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

describe('a retry', () => {
  test('goes to another target, so one that is down goes unnoticed', async () => {
    const upstream = await startUpstream((_request, response) => void response.end('here'));
    const { call } = chainTo([await nobody(), upstream.url], { retry: RETRY });
    for (let i = 0; i < 6; i++) {
      const { status, body } = await call(aRequest({ method: 'POST', body: Buffer.from('{}') }));
      expect(status).toBe(200);
      await body.dump();
    }
    expect(upstream.hits).toBe(6);
  });

  test('of an attempt that timed out goes to another target too', async () => {
    const slow = await startUpstream(() => undefined);
    const fast = await startUpstream((_request, response) => void response.end('here'));
    const { call } = chainTo([slow.url, fast.url], { retry: RETRY, timeoutMs: 300 });
    const { body, target } = await call(aRequest());
    expect(target).toBe(fast.url);
    await body.dump();
    await eventually(() => slow.open === 0);
  });

  test('does not follow a POST whose connection was lost', async () => {
    const upstream = await startWire((socket) => void socket.destroy());
    const { call } = chainTo(upstream.url, { retry: RETRY });
    const request = aRequest({ method: 'POST', body: Buffer.from('{}') });
    expect(await codeOf(call(request))).toBe('GW_UPSTREAM_RESET');
    expect(upstream.hits).toBe(1);
  });

  test('sends a small upload again, and leaves the client its connection', async () => {
    const received: string[] = [];
    const upstream = await startUpstream((request, response) => {
      void request.toArray().then((chunks) => {
        received.push(Buffer.concat(chunks as Buffer[]).toString());
        response.writeHead(received.length === 1 ? 503 : 200).end('ok');
      });
    });
    const { upload, client } = sending();
    client.end('the body');
    const { call } = chainTo(upstream.url, { retry: RETRY });
    const { status, body } = await call(aRequest({ method: 'PUT', body: upload }));
    await body.dump();
    expect(status).toBe(200);
    expect(received).toEqual(['the body', 'the body']);
    expect(client.errored).toBeNull();
  });

  test('holds no slot while it waits, and then queues again', async () => {
    const upstream = await startUpstream((request, response) => {
      response.writeHead(request.headers['x-busy'] === '1' ? 503 : 200).end();
    });
    const { call, state } = chainTo(
      upstream.url,
      { retry: { ...RETRY, backoffMs: 300 }, bulkhead: { concurrency: 1, queue: 0, waitMs: 1 } },
      { random: () => 0.999 },
    );
    const busy = call(aRequest({ headers: { 'x-busy': '1' } }));
    await eventually(() => upstream.hits === 1 && state.slots.used === 0);
    await (await call(aRequest())).body.dump();
    const { status, body } = await busy;
    expect(status).toBe(503);
    await body.dump();
  });

  test('is not in the chain of a route with `retry: false`', async () => {
    const upstream = await startWire((socket) => void socket.destroy());
    const { call } = chainTo(upstream.url, { retry: RETRY }, { overrides: { retry: false } });
    expect(await codeOf(call(aRequest()))).toBe('GW_UPSTREAM_RESET');
    expect(upstream.hits).toBe(1);
  });

  test('is reported to the metric with upstream and reason', async () => {
    const told: string[] = [];
    const upstream = await startWire((socket) => void socket.destroy());
    const { call } = chainTo(
      upstream.url,
      { retry: RETRY },
      { onRetry: (...words) => told.push(words.join(' ')) },
    );
    await codeOf(call(aRequest()));
    expect(told).toEqual(['orders reset']);
  });
});

describe('the deadline', () => {
  test('bounds waiting for a slot', async () => {
    const upstream = await startUpstream(() => undefined);
    const { call, state } = chainTo(upstream.url, {
      deadlineMs: 150,
      bulkhead: { concurrency: 1, queue: 1, waitMs: 10_000 },
    });
    const first = codeOf(call(aRequest()));
    const queued = call(aRequest({ deadlineAt: performance.now() + 50 }));
    expect(await codeOf(queued)).toBe('GW_DEADLINE_EXCEEDED');
    expect(await first).toBe('GW_DEADLINE_EXCEEDED');
    expect(upstream.hits).toBe(1);
    await eventually(() => state.slots.used === 0 && upstream.open === 0);
  });

  test('bounds all attempts together', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let tries = 0;
    const send: Call = ({ signal }) =>
      new Promise((_resolve, reject) => {
        tries += 1;
        signal.listen({ onCancel: reject });
      });
    const retry = { ...RETRY, attempts: 10, budget: 1 };
    const fields = { retry, timeoutMs: 40, deadlineMs: 110 };
    const { call } = chainTo('http://a.test', fields, { send, random: () => 0 });
    const code = codeOf(call(aRequest()));
    await pass(110);
    expect(await code).toBe('GW_DEADLINE_EXCEEDED');
    expect(tries).toBe(3);
  });

  test('of a route replaces the upstream’s', async () => {
    const upstream = await startUpstream(() => undefined);
    const { call } = chainTo(upstream.url, {}, { overrides: { deadlineMs: 30 } });
    expect(await codeOf(call(aRequest()))).toBe('GW_DEADLINE_EXCEEDED');
  });
});

describe('policies of plugins', () => {
  test('wrap the retries, or each attempt', async () => {
    const seen: string[] = [];
    const named =
      (name: string): Policy =>
      (next) =>
      (request) => {
        seen.push(name);
        return next(request);
      };
    const { call } = chainTo(
      'http://a.test',
      { retry: RETRY },
      {
        outer: [named('outer')],
        inner: [named('inner')],
        observe: {
          ...unobserved,
          enter: (...entering) => (seen.push('observe'), unobserved.enter(...entering)),
        },
        send: answering(failure('GW_UPSTREAM_RESET'), 200),
      },
    );
    await call(aRequest());
    expect(seen).toEqual(['outer', 'inner', 'observe', 'inner', 'observe']);
  });
});

describe('two routes of one upstream', () => {
  test('share its circuit and its slots, whatever their bounds', async () => {
    const broken = answering(failure('GW_UPSTREAM_RESET'));
    const { call, state } = chainTo('http://a.test', { breaker: BREAKER }, { send: broken });
    const other = answering(200);
    const otherCall = chainOver(state, { overrides: { timeoutMs: 1 }, send: other });
    for (let i = 0; i < 3; i++) await codeOf(call(aRequest()));
    await eventually(() => state.circuit!.state === 'open');
    expect(await codeOf(otherCall(aRequest()))).toBe('GW_CIRCUIT_OPEN');
    expect(other.calls).toBe(0);
  });
});

describe('an exchange', () => {
  test('holds its slot until its body closes', async () => {
    let finish = (): void => undefined;
    const upstream = await startWire((socket) => {
      socket.write(OK.slice(0, -1));
      finish = () => socket.write('k');
    });
    const { call, state } = chainTo(upstream.url);
    const { body } = await call(aRequest());
    expect(state.slots.used).toBe(1);
    const read = body.bytes(10);
    finish();
    expect((await read).toString()).toBe('ok');
    expect(state.slots.used).toBe(0);
  });
});
