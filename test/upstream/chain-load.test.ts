import { describe, expect, test } from 'vitest';
import { FAILURE_KINDS } from '../../src/config/schema/guards.ts';
import { Cancellation } from '../../src/core/cancellation.ts';
import type { BreakerConfig, BulkheadConfig } from '../../src/config/build/config.ts';
import type { CircuitName } from '../../src/policies/circuit.ts';
import { bytesOf } from '../helpers/body.ts';
import { aRequest, codeOf, failure } from '../helpers/call.ts';
import { chainTo, type Reached } from '../helpers/state.ts';
import { sending } from '../helpers/upload.ts';
import { eventually, startUpstream, startWire } from '../helpers/upstream.ts';

const BREAKER: BreakerConfig = {
  kind: 'consecutive',
  failures: 3,
  openMs: 50,
  probes: 1,
  handle: [...FAILURE_KINDS],
};
const one: BulkheadConfig = { concurrency: 1, queue: 8, waitMs: 5_000 };
const left = failure('GW_CLIENT_CLOSED');

/** Is nothing of the upstream in use any more? */
const idle = ({ state }: Reached): boolean =>
  state.slots.used === 0 &&
  state.slots.queued === 0 &&
  state.targets.all.every(({ inflight, waiting }) => inflight === 0 && waiting === 0);

describe('an upstream that keeps failing', () => {
  test('is not called until a probe may be sent', async () => {
    let healthy = false;
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(healthy ? 200 : 500).end();
    });
    const changes: CircuitName[] = [];
    const reached = chainTo(
      upstream.url,
      { breaker: BREAKER },
      { onCircuit: (_name, state) => changes.push(state) },
    );
    const { call } = reached;
    for (let i = 0; i < 3; i++) await (await call(aRequest())).body.dump();
    for (let i = 0; i < 5; i++) expect(await codeOf(call(aRequest()))).toBe('GW_CIRCUIT_OPEN');
    expect(upstream.hits).toBe(3);

    healthy = true;
    await new Promise((resolve) => setTimeout(resolve, 60));
    for (let i = 0; i < 3; i++) await (await call(aRequest())).body.dump();
    expect(changes).toEqual(['open', 'half-open', 'closed']);
    expect(idle(reached)).toBe(true);
  });

  test('has its queue emptied when its circuit opens, and then no call waits for a slot', async () => {
    const upstream = await startUpstream((_request, response) => {
      setTimeout(() => response.writeHead(500).write('some'), 20);
    });
    const breaker: BreakerConfig = { ...BREAKER, failures: 1, openMs: 60_000 };
    const reached = chainTo(upstream.url, { breaker, bulkhead: one });
    const first = reached.call(aRequest());
    const waiting = Array.from({ length: 5 }, () => codeOf(reached.call(aRequest())));
    expect(reached.state.slots.queued).toBe(5);

    const { body } = await first;
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['GW_CIRCUIT_OPEN']));
    expect(reached.state.slots.used).toBe(1);
    expect(await codeOf(reached.call(aRequest()))).toBe('GW_CIRCUIT_OPEN');
    body.destroy();
    await eventually(() => idle(reached));
    expect(upstream.hits).toBe(1);
  });

  test('is probed by a call that has a slot, not by one that waits', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(500).write('some');
    });
    const breaker: BreakerConfig = { ...BREAKER, failures: 1 };
    const reached = chainTo(upstream.url, { breaker, bulkhead: one });
    const { body } = await reached.call(aRequest());
    await new Promise((resolve) => setTimeout(resolve, 60));

    const signal = new Cancellation();
    const waiting = [1, 2, 3].map(() => codeOf(reached.call(aRequest({ signal }))));
    expect(reached.state.slots.queued).toBe(3);
    expect(reached.state.circuit!.state).toBe('open');
    signal.cancel(left);
    await Promise.all(waiting);
    body.destroy();
  });

  test('gets only one probe, however many calls wait', async () => {
    let answer = (): void => undefined;
    let healthy = false;
    const upstream = await startUpstream((_request, response) => {
      if (!healthy) response.writeHead(500).end();
      else answer = () => void response.end();
    });
    const reached = chainTo(upstream.url, { breaker: BREAKER });
    for (let i = 0; i < 3; i++) await (await reached.call(aRequest())).body.dump();
    healthy = true;
    await new Promise((resolve) => setTimeout(resolve, 60));

    const outcomes = Array.from({ length: 10 }, () =>
      reached.call(aRequest()).then(
        ({ body }) => body.dump().then(() => 'fulfilled'),
        (error: { code: string }) => error.code,
      ),
    );
    await eventually(() => upstream.hits === 4);
    answer();
    expect((await Promise.all(outcomes)).toSorted()).toEqual([
      ...Array.from({ length: 9 }, () => 'GW_CIRCUIT_OPEN'),
      'fulfilled',
    ]);
    expect(idle(reached)).toBe(true);
  });

  test('is not judged by the behaviour of its clients', async () => {
    const upstream = await startUpstream((request) => void request.resume());
    const reached = chainTo(upstream.url, { breaker: BREAKER });
    for (let i = 0; i < 6; i++) {
      const signal = new Cancellation();
      const { upload, client } = sending({
        limitBytes: 10,
        onFault: (error) => signal.cancel(error),
      });
      const request = aRequest({ signal, method: 'POST', body: upload });
      const outcome = codeOf(reached.call(request));
      if (i % 2 === 0) client.write(bytesOf(11));
      else setTimeout(() => signal.cancel(left), 5);
      expect(await outcome).toBe(i % 2 === 0 ? 'GW_BODY_TOO_LARGE' : 'GW_CLIENT_CLOSED');
    }
    expect(reached.state.circuit!.state).toBe('closed');
    // A request that was cancelled while it connected is dropped once it has connected.
    await eventually(() => idle(reached));
  });

  test('is blamed for bodies that it cuts, even if the heads were fine', async () => {
    const upstream = await startWire((socket) => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome');
    });
    const breaker: BreakerConfig = {
      kind: 'ratio',
      ratio: 1,
      minimum: 4,
      windowMs: 10_000,
      openMs: 60_000,
      probes: 1,
      handle: [...FAILURE_KINDS],
    };
    const reached = chainTo(upstream.url, { breaker });
    for (let i = 0; i < 4; i++) {
      const { body } = await reached.call(aRequest());
      expect(await codeOf(body.bytes(1_000))).toBe('GW_BODY_TRUNCATED');
    }
    expect(await codeOf(reached.call(aRequest()))).toBe('GW_CIRCUIT_OPEN');
    expect(idle(reached)).toBe(true);
  });
});

describe('a client that leaves', () => {
  test('while it waits for a slot leaves the queue, and never reaches the upstream', async () => {
    const upstream = await startUpstream(() => undefined);
    const reached = chainTo(upstream.url, { bulkhead: one });
    const signals = Array.from({ length: 3 }, () => new Cancellation());
    const outcomes = signals.map((signal) => codeOf(reached.call(aRequest({ signal }))));
    await eventually(() => upstream.hits === 1);
    signals[1]!.cancel(left);
    expect(reached.state.slots.queued).toBe(1);
    signals[2]!.cancel(left);
    signals[0]!.cancel(left);
    expect(await Promise.all(outcomes)).toEqual(signals.map(() => 'GW_CLIENT_CLOSED'));
    await eventually(() => upstream.open === 0);
    expect(upstream.hits).toBe(1);
    expect(idle(reached)).toBe(true);
  });

  test('passes its slot to a waiting call', async () => {
    const upstream = await startUpstream((request, response) => {
      if (request.headers['x-fast'] === '1') response.end();
    });
    const reached = chainTo(upstream.url, { bulkhead: one });
    const signal = new Cancellation();
    const first = codeOf(reached.call(aRequest({ signal })));
    const second = reached.call(aRequest({ headers: { 'x-fast': '1' } }));
    await eventually(() => upstream.hits === 1);
    signal.cancel(left);
    expect(await first).toBe('GW_CLIENT_CLOSED');
    await (await second).body.dump();
    expect(idle(reached)).toBe(true);
  });
});

describe('many calls of every kind', () => {
  test('leave nothing behind: no slot, no exchange, no socket in use', async () => {
    const upstream = await startUpstream((request, response) => {
      const [, kind, n] = request.url!.split('/');
      if (kind === 'ok') response.end('ok');
      else if (kind === 'reset') request.socket.destroy();
      else if (kind === 'slow') setTimeout(() => response.end(), 40);
      else if (kind === 'cut') {
        response.writeHead(200, { 'content-length': '100' }).write('some');
        setTimeout(() => request.socket.destroy(), Number(n) % 10);
      } else response.writeHead(503).end('busy');
    });
    const reached = chainTo(upstream.url, {
      bulkhead: { concurrency: 8, queue: 40, waitMs: 100 },
      retry: { attempts: 3, on: ['connect', 'reset', 503], backoffMs: 5, budget: 0.2 },
      breaker: {
        kind: 'ratio',
        ratio: 0.9,
        minimum: 50,
        windowMs: 1_000,
        openMs: 20,
        probes: 2,
        handle: [...FAILURE_KINDS],
      },
      timeoutMs: 30,
      deadlineMs: 200,
    });
    const kinds = ['ok', 'reset', 'slow', 'cut', 'busy'];
    const run = async (i: number): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, i % 200));
      const signal = new Cancellation();
      if (i % 7 === 0) setTimeout(() => signal.cancel(left), i % 40);
      const path = `/${kinds[i % kinds.length]}/${i}`;
      const response = await reached.call(aRequest({ signal, path })).catch(() => undefined);
      if (i % 3 === 0) response?.body.destroy();
      else await response?.body.bytes(1_000).catch(() => undefined);
    };
    await Promise.all(Array.from({ length: 800 }, (_, i) => run(i)));
    await eventually(() => idle(reached) && upstream.open <= 8);
  });
});
