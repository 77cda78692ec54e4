import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cancellation } from '../../src/core/cancellation.ts';
import type { RetryConfig } from '../../src/config/build/config.ts';
import { bytesOf } from '../helpers/body.ts';
import { aRequest, codeOf } from '../helpers/call.ts';
import { chainTo } from '../helpers/state.ts';
import { sending } from '../helpers/upload.ts';
import { eventually, nobody, startUpstream } from '../helpers/upstream.ts';

const RETRY: RetryConfig = {
  attempts: 8,
  on: ['connect', 'reset', 503, 504],
  backoffMs: 5,
  budget: 9,
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** How an attempt ends before it has the whole body. */
const FAULTS = ['answers 503 at once', 'answers 503 after a byte', 'resets', 'is silent'] as const;

describe('an upload that is retried', () => {
  test('arrives whole and in order, wherever the first attempts break off', async () => {
    const received: string[] = [];
    let faults: (typeof FAULTS)[number][] = [];
    const upstream = await startUpstream((request, response) => {
      const fault = faults.shift();
      if (fault === undefined) {
        request.setEncoding('latin1').on('data', (text: string) => (received[0] += text));
        request.on('end', () => response.end());
      } else if (fault === 'answers 503 at once') response.writeHead(503).end('busy');
      else if (fault === 'resets') request.once('data', () => request.socket.resetAndDestroy());
      else if (fault === 'is silent') request.resume();
      else request.once('data', () => response.writeHead(503).end('busy'));
    });
    const { call, state } = chainTo(upstream.url, {
      retry: RETRY,
      timeoutMs: 100,
      deadlineMs: 10_000,
    });

    const chunks = fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 5_000 }), wait: fc.integer({ min: 0, max: 4 }) }),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(
        chunks,
        fc.array(fc.constantFrom(...FAULTS), { maxLength: 2 }),
        async (pieces, planned) => {
          faults = [...planned];
          received[0] = '';
          const { upload, client } = sending();
          const outcome = call(aRequest({ method: 'PUT', body: upload }));
          let sent = '';
          for (const [i, { size, wait }] of pieces.entries()) {
            const text = String.fromCodePoint(97 + (i % 26)).repeat(size);
            sent += text;
            client.write(text);
            if (wait > 1) await pause(wait);
          }
          client.end();
          const { status, body } = await outcome;
          await body.dump();
          expect(status).toBe(200);
          expect(received[0] === sent).toBe(true);
          expect(client.errored).toBeNull();
        },
      ),
      { numRuns: 25 },
    );
    await eventually(() => state.slots.used === 0 && state.targets.all[0]!.inflight === 0);
  });
});

describe('a long upload', () => {
  test('streams for longer than deadline and timeout together', async () => {
    const upstream = await startUpstream((request, response) => {
      let total = 0;
      request.on('data', (chunk: Buffer) => (total += chunk.length));
      request.on('end', () => response.end(String(total)));
    });
    const { call } = chainTo(upstream.url, { timeoutMs: 250, deadlineMs: 250 });
    const { upload, client } = sending();
    const outcome = call(aRequest({ method: 'POST', body: upload }));
    for (let i = 0; i < 10; i++) {
      client.write(bytesOf(50_000));
      await pause(60);
    }
    client.end();
    const { body } = await outcome;
    expect((await body.bytes(100)).toString()).toBe('500000');
  });

  test('does not begin if nobody listens: nothing is read from the client', async () => {
    const { call } = chainTo(await nobody(), { retry: RETRY });
    const { upload, client } = sending({}, 100_000);
    client.write('body');
    expect(await codeOf(call(aRequest({ method: 'POST', body: upload })))).toBe(
      'GW_UPSTREAM_CONNECT',
    );
    expect(upload.received).toBe(0);
    expect(client.destroyed).toBe(false);
  });

  test('over its limit ends the request to the upstream, which is not to blame', async () => {
    const upstream = await startUpstream((request) => void request.resume());
    const signal = new Cancellation();
    const { upload, client } = sending({
      limitBytes: 100_000,
      onFault: (error) => signal.cancel(error),
    });
    const { call } = chainTo(upstream.url, { retry: RETRY });
    const outcome = codeOf(call(aRequest({ method: 'PUT', body: upload, signal })));
    client.write(bytesOf(90_000));
    await eventually(() => upstream.hits === 1);
    client.write(bytesOf(20_000));
    expect(await outcome).toBe('GW_BODY_TOO_LARGE');
    await eventually(() => upstream.open === 0);
    expect(upstream.hits).toBe(1);
    expect(client.destroyed).toBe(false);
  });

  test('that the upstream does not read is a 504 of that attempt', async () => {
    const upstream = await startUpstream((request) => void request.pause());
    const { upload, client, faults } = sending({ limitBytes: 1e9, stallMs: 100 });
    const { call, state } = chainTo(upstream.url);
    const outcome = codeOf(call(aRequest({ method: 'POST', body: upload })));
    for (let i = 0; i < 100; i++) client.write(bytesOf(200_000));
    expect(await outcome).toBe('GW_UPSTREAM_TIMEOUT');
    expect(state.slots.used).toBe(0);
    expect(upload.isFlowing).toBe(false);
    // The attempt failed, not the client: something else may still answer.
    expect(faults).toEqual([]);
  });
});
