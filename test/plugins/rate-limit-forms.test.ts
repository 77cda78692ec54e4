import { connect } from 'node:net';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../gateway/support/gateway.ts';
import { limited, tokenOf } from './limited.ts';

describe('several limits', () => {
  const both = (address: number, consumer: number) => ({
    jwt: { issuer: 'own' },
    rateLimit: [
      { max: address, window: '1m', by: 'address' },
      { max: consumer, window: '1m' },
    ],
  });

  test('by the address: what a later limit refuses is given back', async () => {
    const { ask } = await limited({ a: both(3, 1) });
    const statuses = [];
    for (const sub of ['1', '1', '1', '2', '3', '4']) statuses.push(await ask('a', tokenOf(sub)));
    expect(statuses).toEqual([200, 429, 429, 200, 200, 429]);
  });

  test('by the address: who cannot authenticate is counted', async () => {
    const { ask } = await limited({ a: both(2, 9) });
    expect([await ask('a'), await ask('a'), await ask('a', tokenOf('1'))]).toEqual([401, 401, 429]);
  });

  test('of the same key have names of their own in the fields', async () => {
    const { fetch } = await limited({
      a: {
        rateLimit: [
          { max: 5, window: '1s', by: 'route' },
          { max: 9, window: '1h', by: 'route' },
        ],
      },
    });
    const { headers } = await fetch('/a');
    expect(headers.get('ratelimit-policy')).toBe(
      '"route-5/1s";q=5;w=1, "route-9/3600s";q=9;w=3600',
    );
  });

  test('Retry-After is that of the one that lasts longest, and never 0', async () => {
    const { fetch, ask } = await limited({
      a: {
        rateLimit: [
          { max: 1, window: '100ms', by: 'route' },
          { max: 1, window: '5s', by: 'address' },
        ],
      },
      soon: { rateLimit: { max: 1, window: '300ms', by: 'address' } },
    });
    await Promise.all([ask('a'), ask('soon')]);
    expect((await fetch('/soon')).headers.get('retry-after')).toBe('1');
    expect((await fetch('/a')).headers.get('retry-after')).toBe('5');
  });
});

describe('cost', () => {
  test('is what each request counts for, or each by its method; 0 is free', async () => {
    const { fetch, ask } = await limited({
      a: { rateLimit: { max: 10, window: '1m', by: 'address', cost: 4 } },
      b: { rateLimit: { max: 3, window: '1m', by: 'address', cost: { POST: 2, HEAD: 0 } } },
    });
    expect([await ask('a'), await ask('a'), await ask('a')]).toEqual([200, 200, 429]);
    const b = async (method: string) => (await fetch('/b', { method })).status;
    const statuses = [];
    for (const each of ['POST', 'POST', 'HEAD', 'GET', 'GET', 'HEAD']) statuses.push(await b(each));
    expect(statuses).toEqual([200, 429, 200, 200, 429, 200]);
  });
});

test.each([
  [{ GET: 5 }, ['HEAD', 'GET', 'HEAD'], [200, 200, 429]],
  [{ GET: 10 }, ['HEAD', 'HEAD', 'GET'], [200, 429, 429]],
  [{ GET: 0 }, ['HEAD', 'HEAD', 'POST'], [200, 200, 200]],
  [{ GET: 10, HEAD: 1 }, ['HEAD', 'HEAD', 'GET'], [200, 200, 429]],
  [{ POST: 10 }, ['HEAD', 'GET', 'POST'], [200, 200, 429]],
])(
  'HEAD costs what GET does, unless it has a cost of its own: %j',
  async (cost, methods, statuses) => {
    const { fetch } = await limited({
      a: { rateLimit: { max: 10, window: '1h', by: 'address', cost } },
    });
    const seen = [];
    for (const method of methods) seen.push((await fetch('/a', { method })).status);
    expect(seen).toEqual(statuses);
  },
);

describe('plans', () => {
  test('hold each to its own; who names none, or none that is there, to the default', async () => {
    const { ask, fetch } = await limited({
      a: {
        jwt: { issuer: 'own' },
        rateLimit: {
          plan: 'claim:plan',
          plans: { free: { max: 1, window: '1m' }, gold: { max: 3, window: '1m' } },
          default: 'free',
        },
      },
    });
    const askAs = async (sub: string, plan?: string): Promise<number[]> => {
      const statuses = [];
      for (let i = 0; i < 4; i++) statuses.push(await ask('a', tokenOf(sub, { plan })));
      return statuses;
    };
    expect(await askAs('1', 'gold')).toEqual([200, 200, 200, 429]);
    expect(await askAs('2')).toEqual([200, 429, 429, 429]);
    expect(await askAs('3', 'constructor')).toEqual([200, 429, 429, 429]);
    const { headers } = await fetch('/a', { headers: tokenOf('4', { plan: 'gold' }) });
    expect(headers.get('ratelimit-policy')).toBe('"consumer";q=3;w=60');
  });
});

describe('report', () => {
  test('refuses nobody: it counts, and tells the log once', async () => {
    const lines: string[] = [];
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(chunk.toString());
        done();
      },
    });
    const { ask, fetch, metric } = await limited(
      { a: { rateLimit: { max: 1, window: '1m', by: 'address', report: true } } },
      { log: pino({ level: 'info' }, sink) },
    );
    expect([await ask('a'), await ask('a'), await ask('a')]).toEqual([200, 200, 200]);
    expect((await fetch('/a')).headers.get('ratelimit')).toBe(null);
    expect(await metric('portico_rate_limit_reported_total{route="a"}')).toBe(3);
    expect(await metric('portico_rate_limited_total{route="a"}')).toBe(0);
    expect(lines.filter((line) => line.includes('would exceed'))).toHaveLength(1);
  });
});

describe('concurrency', () => {
  const gate = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { opened: promise, open: resolve };
  };
  const two = { rateLimit: { by: 'header:x-key', concurrency: 2 } };
  const as = (key: string) => ({ headers: { 'x-key': key } });

  test('bounds what is open at once, for each key by itself', async () => {
    const { opened, open } = gate();
    const { fetch, calls } = await limited({ a: two }, { upstream: () => opened });
    const held = [fetch('/a', as('1')), fetch('/a', as('1'))];
    await expect.poll(calls).toBe(2);

    const refused = await fetch('/a', as('1'));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(refused.headers.get('ratelimit-policy')).toBe(
      '"header:x-key-open";q=2;qu="concurrent-requests"',
    );
    expect(await codeOf(refused)).toBe('GW_RATE_LIMITED');
    const other = fetch('/a', as('2'));
    await expect.poll(calls).toBe(3);
    open();
    expect((await Promise.all([...held, other])).map(({ status }) => status)).toEqual([
      200, 200, 200,
    ]);
    expect((await fetch('/a', as('1'))).status).toBe(200);
  });

  test('a client that leaves gives its place back', async () => {
    const { opened, open } = gate();
    const { fetch, calls, url } = await limited({ a: two }, { upstream: () => opened });
    const { hostname, port } = new URL(url);
    for (let i = 0; i < 2; i++) {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      socket.write('GET /a HTTP/1.1\r\nhost: a\r\nx-key: 1\r\n\r\n');
      await expect.poll(calls).toBe(i + 1);
      socket.destroy();
    }
    open();
    await expect.poll(async () => (await fetch('/a', as('1'))).status).toBe(200);
  });

  test('takes nothing of a rate beside it, where it refuses', async () => {
    const { opened, open } = gate();
    const { fetch, calls, ask } = await limited(
      { a: { rateLimit: { max: 2, window: '1m', by: 'address', concurrency: 1 } } },
      { upstream: () => opened },
    );
    const held = fetch('/a');
    await expect.poll(calls).toBe(1);
    expect([await ask('a'), await ask('a')]).toEqual([429, 429]);
    open();
    await held;
    expect([await ask('a'), await ask('a')]).toEqual([200, 429]);
  });
});
