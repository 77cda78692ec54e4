import { describe, expect, test } from 'vitest';
import { codeOf } from '../gateway/support/gateway.ts';
import { limited, tokenOf } from './limited.ts';

const two = (by: string) => ({ rateLimit: { max: 2, window: '1m', by } });

describe('over the limit', () => {
  test('is 429 with Retry-After, and the upstream is not called', async () => {
    const { fetch, calls, gateway } = await limited({ a: two('address') });
    await fetch('/a');
    await fetch('/a');

    const response = await fetch('/a');

    expect(response.status).toBe(429);
    expect(await codeOf(response)).toBe('GW_RATE_LIMITED');
    const retryAfter = Number(response.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(28);
    expect(retryAfter).toBeLessThanOrEqual(30);
    expect(calls()).toBe(2);
    const metrics = await (await globalThis.fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toContain('portico_rate_limited_total{route="a"} 1');
  });

  test('says in RateLimit and RateLimit-Policy how it stands', async () => {
    const { fetch } = await limited({ a: two('address') });
    const shown = [];
    for (let i = 0; i < 3; i++) {
      const { headers } = await fetch('/a');
      shown.push([headers.get('ratelimit-policy'), headers.get('ratelimit')]);
    }
    const policy = '"address";q=2;w=60';
    expect(shown).toEqual([
      [policy, '"address";r=1;t=30'],
      [policy, '"address";r=0;t=60'],
      [policy, expect.stringMatching(/^"address";r=0;t=(29|30)$/)],
    ]);
  });

  test('ends after its time: one more for each N-th of the window', async () => {
    const { ask } = await limited({
      a: { rateLimit: { max: 2, window: '400ms', by: 'address' } },
    });
    expect([await ask('a'), await ask('a'), await ask('a')]).toEqual([200, 200, 429]);
    await new Promise((resolve) => setTimeout(resolve, 210));
    expect([await ask('a'), await ask('a')]).toEqual([200, 429]);
  });
});

describe('whose requests count together', () => {
  test('by: header, each value by itself, in any case of its name', async () => {
    const { ask } = await limited({ a: two('header:X-Key') });
    const key = (value: string) => ({ 'x-key': value });
    expect([await ask('a', key('1')), await ask('a', key('1')), await ask('a', key('1'))]).toEqual([
      200, 200, 429,
    ]);
    expect(await ask('a', key('2'))).toBe(200);
  });

  test('by: header, who leaves it out does not escape, nor takes from others', async () => {
    const { ask } = await limited({ a: two('header:x-key') });
    // What would stand for the absent header, if it were sent.
    for (const value of ['-127.0.0.1', '- 127.0.0.1', '127.0.0.1', 'undefined', '']) {
      await ask('a', { 'x-key': value });
      await ask('a', { 'x-key': value });
    }
    expect([await ask('a'), await ask('a'), await ask('a')]).toEqual([200, 200, 429]);
  });

  test('by: header, long values count one by one, too', async () => {
    const { ask } = await limited({ a: two('header:x-key') });
    const long = 'x'.repeat(4_000);
    expect([
      await ask('a', { 'x-key': `${long}1` }),
      await ask('a', { 'x-key': `${long}1` }),
    ]).toEqual([200, 200]);
    expect(await ask('a', { 'x-key': `${long}1` })).toBe(429);
    expect(await ask('a', { 'x-key': `${long}2` })).toBe(200);
  });

  test('by: cookie', async () => {
    const { ask } = await limited({ a: two('cookie:sid') });
    const statuses = [];
    for (const sid of ['1', '1', '1', '2']) statuses.push(await ask('a', { cookie: `sid=${sid}` }));
    expect(statuses).toEqual([200, 200, 429, 200]);
  });

  test('by: consumer, whoever the token names; by the address where nobody is known', async () => {
    const { ask } = await limited({
      a: { jwt: { issuer: 'own', optional: true }, ...two('consumer') },
    });
    const statuses = [];
    for (const sub of ['u1', 'u1', 'u1', 'u2']) statuses.push(await ask('a', tokenOf(sub)));
    for (let i = 0; i < 3; i++) statuses.push(await ask('a'));
    expect(statuses).toEqual([200, 200, 429, 200, 200, 200, 429]);
  });

  test('by: claim', async () => {
    const { ask } = await limited({ a: { jwt: { issuer: 'own' }, ...two('claim:org.id') } });
    const of = (sub: string, id: unknown) => tokenOf(sub, { org: { id } });
    const statuses = [];
    for (const [sub, id] of [
      ['1', 'x'],
      ['2', 'x'],
      ['3', 'x'],
      ['4', 'y'],
      ['5', 7],
    ] as const) {
      statuses.push(await ask('a', of(sub, id)));
    }
    expect(statuses).toEqual([200, 200, 429, 200, 200]);
  });

  test('by: route, all of it', async () => {
    const { ask } = await limited({ a: two('route') });
    expect([
      await ask('a', { 'x-forwarded-for': '1.1.1.1' }),
      await ask('a'),
      await ask('a', { 'x-forwarded-for': '2.2.2.2' }),
    ]).toEqual([200, 200, 429]);
  });

  test('each route counts for itself', async () => {
    const { ask } = await limited({ a: two('address'), b: two('address') });
    expect([await ask('a'), await ask('a'), await ask('a'), await ask('b')]).toEqual([
      200, 200, 429, 200,
    ]);
  });

  test('another spelling of the path, HEAD or a forged address do not begin anew', async () => {
    const { fetch } = await limited({ a: two('address') });
    const statuses = [
      await fetch('/a'),
      await fetch('/%61', { method: 'HEAD' }),
      await fetch('/./a', { headers: { 'x-forwarded-for': '9.9.9.9', forwarded: 'for=9.9.9.9' } }),
      await fetch('/a?b', { headers: { 'x-real-ip': '9.9.9.9' } }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 429, 429]);
  });
});

describe('several limits', () => {
  test('all hold', async () => {
    const { fetch, ask } = await limited({
      a: {
        rateLimit: [
          { max: 3, window: '1m', by: 'address' },
          { max: 1, window: '1m', by: 'header:x-key' },
        ],
      },
    });
    const { headers } = await fetch('/a', { headers: { 'x-key': '1' } });
    expect(headers.get('ratelimit')).toBe('"address";r=2;t=20, "header:x-key";r=0;t=60');
    const statuses = [];
    for (const value of ['1', '2', '3', '4']) statuses.push(await ask('a', { 'x-key': value }));
    // The first is refused by its key, and the address does not count it.
    expect(statuses).toEqual([429, 200, 200, 429]);
  });

  test('by the address holds before anybody is authenticated, by the consumer after', async () => {
    const { ask } = await limited({
      early: { jwt: { issuer: 'own' }, ...two('address') },
      late: { jwt: { issuer: 'own' }, ...two('consumer') },
    });
    expect([await ask('early'), await ask('early'), await ask('early')]).toEqual([401, 401, 429]);
    expect([await ask('late'), await ask('late'), await ask('late')]).toEqual([401, 401, 401]);
  });
});
