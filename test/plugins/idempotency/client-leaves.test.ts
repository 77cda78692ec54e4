import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { eventually, startUpstream } from '../../helpers/upstream.ts';
import { keyed } from './keyed.ts';

/** An upstream that answers when the test says so. */
async function slow() {
  const calls: ServerResponse[] = [];
  let cut = 0;
  const up = await startUpstream((request, response) => {
    request.resume();
    response.once('close', () => {
      if (!response.writableFinished) cut += 1;
    });
    calls.push(response);
  });
  return {
    url: up.url,
    calls,
    get cut() {
      return cut;
    },
  };
}

describe('a client that leaves', () => {
  test('does not end the call of a keyed request; a repeated one gets the answer', async () => {
    const up = await slow();
    const gateway = await keyed({ url: up.url });
    const leave = gateway.begin({ key: 'k' });
    await eventually(() => up.calls.length === 1);
    leave();
    expect((await gateway.pay({ key: 'k' })).code).toBe('GW_IDEMPOTENCY_RUNNING');
    up.calls[0]!.writeHead(201, { 'content-type': 'application/json' }).write('{"pay');
    up.calls[0]!.end('ment":1}');
    await expect.poll(async () => (await gateway.pay({ key: 'k' })).status).toBe(201);
    const again = await gateway.pay({ key: 'k' });
    expect([again.text, again.isReplayed, up.calls.length]).toEqual(['{"payment":1}', true, 1]);
  });

  test('ends one without a key', async () => {
    const up = await slow();
    const gateway = await keyed({ url: up.url });
    const request = new AbortController();
    const paid = gateway.gateway.fetch('/pay', {
      method: 'POST',
      headers: { 'x-who': 'ada' },
      body: 'x',
      signal: request.signal,
    });
    await eventually(() => up.calls.length === 1);
    request.abort();
    await expect(paid).rejects.toThrow();
    await eventually(() => up.cut === 1);
  });

  test('ends a stream that has begun, which is not kept anyway', async () => {
    const up = await slow();
    const gateway = await keyed({ url: up.url });
    const leave = gateway.begin({ key: 'k' });
    await eventually(() => up.calls.length === 1);
    up.calls[0]!.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    await expect.poll(() => gateway.counts()).toEqual({ unknown: 1 });
    expect(up.cut).toBe(0);
    leave();
    await eventually(() => up.cut === 1);
    expect((await gateway.pay({ key: 'k' })).code).toBe('GW_IDEMPOTENCY_UNKNOWN');
  });

  test('before the timeout of the upstream leaves the outcome unknown', async () => {
    const up = await slow();
    const gateway = await keyed({ url: up.url, upstream: { timeout: '300ms', breaker: false } });
    const leave = gateway.begin({ key: 'k' });
    await eventually(() => up.calls.length === 1);
    leave();
    await expect.poll(() => gateway.counts()).toEqual({ unknown: 1 });
    expect((await gateway.pay({ key: 'k' })).code).toBe('GW_IDEMPOTENCY_UNKNOWN');
    expect(up.calls).toHaveLength(1);
  });

  test('is counted as one, once the call has ended; until then its request is in flight', async () => {
    const up = await slow();
    const gateway = await keyed({ url: up.url });
    const { adminUrl } = gateway.gateway.gateway;
    const metrics = async () => (await fetch(`${adminUrl}/metrics`)).text();
    const leave = gateway.begin({ key: 'k' });
    await eventually(() => up.calls.length === 1);
    leave();
    await gateway.pay({ key: 'k' });
    const left = /^portico_requests_total\{.*route="pay".*status="499".*\} 1$/m;
    expect(await metrics()).not.toMatch(left);
    up.calls[0]!.end('done');
    await expect.poll(metrics).toMatch(left);
  });

  test('is waited for no longer than an answer may take', async () => {
    const up = await slow();
    const gateway = await keyed({
      url: up.url,
      config: { server: { limits: { answer: '1s' } } },
      upstream: { timeout: '50s', deadline: '60s' },
    });
    const leave = gateway.begin({ key: 'k' });
    await eventually(() => up.calls.length === 1);
    leave();
    await eventually(() => up.cut === 1);
    await expect.poll(() => gateway.counts()).toEqual({ unknown: 1 });
  });

  test('before its body has come has not taken the key', async () => {
    const up = await slow();
    const gateway = await keyed({ url: up.url });
    const { port } = new URL(gateway.gateway.url);
    const { connect } = await import('node:net');
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST /pay HTTP/1.1\r\nhost: a\r\nx-who: ada\r\nidempotency-key: k\r\ncontent-length: 5\r\n\r\nab',
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    const paid = gateway.pay({ key: 'k' });
    await eventually(() => up.calls.length === 1);
    up.calls[0]!.end('done');
    expect((await paid).text).toBe('done');
  });
});
