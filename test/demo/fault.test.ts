import { describe, expect, test } from 'vitest';
import { payments } from '../../demo/services/payments.ts';
import { ask, post, serve } from './shop.ts';

const PATH = '/payments/order/42';

describe('the fault switch', () => {
  test('is off at first, shows what is set, and is cleared by DELETE', async () => {
    const url = await serve(payments());
    const off = { service: 'payments', fault: null };
    const on = { service: 'payments', fault: { status: 503, percent: 100 } };

    expect((await ask(`${url}/_fault`)).body).toEqual(off);
    expect((await post(`${url}/_fault`, { status: 503 })).body).toEqual(on);
    expect((await ask(`${url}/_fault`)).body).toEqual(on);
    expect((await ask(`${url}${PATH}`)).status).toBe(503);
    expect((await ask(`${url}/_fault`, { method: 'DELETE' })).body).toEqual(off);
    expect((await ask(`${url}${PATH}`)).status).toBe(200);
  });

  test('delays the right answer', async () => {
    const url = await serve(payments());
    await post(`${url}/_fault`, { delay: 120 });
    const startedAt = performance.now();
    const answer = await ask(`${url}${PATH}`);
    expect(answer).toMatchObject({ status: 200, body: { orderId: '42' } });
    expect(performance.now() - startedAt).toBeGreaterThan(110);
  });

  test('reset destroys the socket without an answer', async () => {
    const url = await serve(payments());
    await post(`${url}/_fault`, { reset: true });
    await expect(ask(`${url}${PATH}`)).rejects.toThrow('fetch failed');
  });

  test('holds for paths that do not exist, and not for health', async () => {
    const url = await serve(payments());
    await post(`${url}/_fault`, { status: 500 });
    expect((await ask(`${url}/nowhere`)).status).toBe(500);
    expect((await ask(`${url}/healthz`)).status).toBe(200);
  });

  test('health fails where it says so, and the rest goes on', async () => {
    const url = await serve(payments());
    await post(`${url}/_fault`, { health: false });
    const health = await ask(`${url}/healthz`);
    expect(health).toMatchObject({ status: 503, body: { status: 'failing', service: 'payments' } });
    expect((await ask(`${url}${PATH}`)).status).toBe(200);
  });

  test('hits the share of requests that percent says', async () => {
    let drawn = 0;
    const url = await serve(payments({ random: () => drawn }));
    await post(`${url}/_fault`, { status: 500, percent: 25 });
    expect((await ask(`${url}${PATH}`)).status).toBe(500);
    drawn = 0.25;
    expect((await ask(`${url}${PATH}`)).status).toBe(200);
  });

  test('a new fault replaces the whole of the last one', async () => {
    const url = await serve(payments());
    await post(`${url}/_fault`, { status: 500, health: false });
    await post(`${url}/_fault`, { delay: 0 });
    expect((await ask(`${url}/healthz`)).status).toBe(200);
    expect((await ask(`${url}${PATH}`)).status).toBe(200);
  });

  test('closing does not wait for a delayed answer', async () => {
    const app = payments();
    const url = await serve(app);
    await post(`${url}/_fault`, { delay: 60_000 });
    const answer = expect(ask(`${url}${PATH}`)).rejects.toThrow('fetch failed');
    await expect.poll(() => connections(app.server)).toBeGreaterThan(1);
    await app.close();
    await answer;
  });

  test.each([
    [{ delay: 60_001 }, 'body.delay: '],
    [{ delay: '3s' }, 'body.delay: '],
    [{ status: 200 }, 'body.status: '],
    [{ status: 500, percent: 101 }, 'body.percent: '],
    [{ reset: 'yes' }, 'body.reset: '],
    [{ dely: 5 }, '"dely"'],
    [{}, 'names none of delay, status, reset, health'],
    [{ percent: 50 }, 'names none of'],
    [[], 'body: '],
  ])('refuses %j and keeps what was set', async (given, said) => {
    const url = await serve(payments());
    await post(`${url}/_fault`, { status: 418 });
    const answer = await post(`${url}/_fault`, given);
    const message = expect.stringContaining(said) as unknown;
    expect(answer).toMatchObject({ status: 400, body: { error: 'bad_request', message } });
    expect((await ask(`${url}${PATH}`)).status).toBe(418);
  });

  test('says how to send it where the content type is wrong', async () => {
    const url = await serve(payments());
    const answer = await ask(`${url}/_fault`, { method: 'POST', body: '{"delay":1}' });
    const message = 'send JSON, as content-type: application/json';
    expect(answer).toMatchObject({ status: 415, body: { message } });
  });
});

interface Counting {
  getConnections(callback: (error: Error | null, count: number) => void): unknown;
}

function connections(server: Counting): Promise<number> {
  return new Promise((resolve) => {
    server.getConnections((_error, count) => resolve(count));
  });
}
