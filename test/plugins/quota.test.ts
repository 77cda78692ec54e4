import { describe, expect, test } from 'vitest';
import { as, counted } from './counted.ts';
import { respond, startReloading } from '../reload/reloading.ts';
import { recordingLog } from './recording-log.ts';

const NOON = Date.parse('2026-12-15T12:00:00Z');
const MONTH_END = Date.parse('2027-01-01T00:00:00Z');
const PLANS = { plan: 'claim:plan', plans: { free: 1, pro: 3 }, default: 'free', per: 'month' };

/** A clock that the test sets. */
const clockAt = (now: number) => {
  const clock = { now };
  return { clock, wallClock: () => clock.now };
};

describe('a quota', () => {
  test('admits so many requests in a window of the calendar, then 429 until the next one', async () => {
    const { clock, wallClock } = clockAt(MONTH_END - 90_000);
    const { ask, fetch, seen, metric } = await counted(
      { monthly: { limit: 2, per: 'month' } },
      { a: { quota: 'monthly' } },
      { wallClock },
    );
    expect([await ask('/a'), await ask('/a')]).toEqual([200, 200]);
    const refused = await fetch('/a');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '90']);
    expect(await refused.json()).toMatchObject({
      type: 'urn:portico:error:GW_QUOTA_EXCEEDED',
      detail: 'the 2 requests of the quota "monthly" are used up until 2027-01-01T00:00:00.000Z',
      'violated-policies': ['monthly'],
    });
    clock.now = MONTH_END - 1;
    expect(await ask('/a')).toBe(429);
    expect(await metric('portico_quota_exceeded_total{route="a",quota="monthly"}')).toBe(2);
    clock.now = MONTH_END;
    expect(await ask('/a')).toBe(200);
    expect(seen).toHaveLength(3);
  });

  test('says what is left, and when all of it is there again', async () => {
    const { wallClock } = clockAt(NOON);
    const { fetch } = await counted(
      { daily: { limit: 2, per: 'day' }, monthly: { limit: 5, per: 'month' } },
      { a: { quota: ['daily', 'monthly'] } },
      { wallClock },
    );
    const { headers } = await fetch('/a');
    expect(headers.get('ratelimit-policy')).toBe('"daily";q=2;w=86400, "monthly";q=5;w=2678400');
    expect(headers.get('ratelimit')).toBe('"daily";r=1;t=43200, "monthly";r=4;t=1425600');
  });

  test('goes by the plan of a consumer, and by the default of those without one', async () => {
    const { ask } = await counted({ monthly: PLANS }, { a: { apiKey: {}, quota: 'monthly' } });
    const statuses = [];
    for (const who of ['ada', 'ada', 'ada', 'ada', 'bob', 'bob']) {
      statuses.push(await ask('/a', as(who)));
    }
    expect(statuses).toEqual([200, 200, 200, 429, 200, 429]);
  });

  test('is shared by all routes that name it', async () => {
    const { ask } = await counted(
      { all: { limit: 2, per: 'day' }, other: { limit: 1, per: 'day' } },
      { a: { quota: 'all' }, b: { quota: 'all' }, c: { quota: 'other' } },
    );
    expect([await ask('/a'), await ask('/b'), await ask('/a'), await ask('/c')]).toEqual([
      200, 200, 429, 200,
    ]);
  });

  test('counts nothing that another quota refuses', async () => {
    const { ask, order } = await counted(
      { first: { limit: 9, per: 'month', by: 'route' }, second: { limit: 1, per: 'day' } },
      { a: { quota: ['first', 'second'] } },
    );
    expect([await ask('/a'), await ask('/a'), await ask('/a')]).toEqual([200, 429, 429]);
    const read = await order('/quotas/read', { quota: 'first', value: 'a' });
    expect(read.body).toMatchObject({ used: 1, remaining: 8 });
  });

  test('counts only what is admitted: no request without credentials, or over a rate limit', async () => {
    const { ask, order } = await counted(
      { daily: { limit: 9, per: 'day' } },
      { a: { apiKey: {}, rateLimit: { max: 1, window: '1h' }, quota: 'daily' } },
    );
    expect([await ask('/a'), await ask('/a', as('ada')), await ask('/a', as('ada'))]).toEqual([
      401, 200, 429,
    ]);
    const { body } = await order('/quotas/read', {
      quota: 'daily',
      consumer: 'ada',
      via: 'apiKey',
    });
    expect(body).toMatchObject({ used: 1 });
  });

  test('is not escaped by leaving its header out, nor by naming an address', async () => {
    const { ask } = await counted(
      { daily: { limit: 1, per: 'day', by: 'header:x-tenant' } },
      { a: { quota: 'daily' } },
    );
    expect([await ask('/a'), await ask('/a')]).toEqual([200, 429]);
    expect(await ask('/a', { 'x-tenant': '127.0.0.1' })).toBe(200);
  });

  test('of 0 admits nobody', async () => {
    const { ask } = await counted({ none: { limit: 0, per: 'day' } }, { a: { quota: 'none' } });
    expect(await ask('/a')).toBe(429);
  });

  test.each([
    [true, 0],
    [false, 3],
  ])('with refund: %s, counts %i of three requests that fail', async (refund, used) => {
    const failing = [500, 501, 505].values();
    const { ask, order } = await counted(
      { daily: { limit: 9, per: 'day', refund }, other: { limit: 9, per: 'day' } },
      { a: { quota: ['daily', 'other'] } },
      { upstream: () => ({ status: failing.next().value ?? 404 }) },
    );
    for (let i = 0; i < 3; i++) await ask('/a');
    const value = '127.0.0.1';
    expect((await order('/quotas/read', { quota: 'daily', value })).body).toMatchObject({ used });
    expect((await order('/quotas/read', { quota: 'other', value })).body).toMatchObject({
      used: 3,
    });
    expect(await ask('/a')).toBe(404);
    expect((await order('/quotas/read', { quota: 'daily', value })).body).toMatchObject({
      used: used + 1,
    });
  });

  test('is explained with what is left, and counts nothing', async () => {
    const { gateway, ask } = await counted(
      { daily: { limit: 1, per: 'day' } },
      { a: { quota: 'daily' } },
    );
    const explain = async () => {
      const explained = await gateway.explain({
        method: 'GET',
        url: 'http://localhost/a',
        headers: [],
        address: '127.0.0.1',
      });
      return explained.plugins.find(({ plugin }) => plugin === 'quota');
    };
    expect(await explain()).toMatchObject({ says: 'daily: 1 a day, 0 left after this one' });
    expect(await ask('/a')).toBe(200);
    expect(await explain()).toMatchObject({ code: 'GW_QUOTA_EXCEEDED' });
  });
});

test('a reload that raises the limit keeps what has been used', async () => {
  const config = (limit: number) => ({
    plugins: { quota: { quotas: { daily: { limit, per: 'day' } } } },
    routes: { a: { ...respond('/a'), quota: 'daily' } },
  });
  const { change, status } = await startReloading(config(1));
  expect([await status('/a'), await status('/a')]).toEqual([200, 429]);
  await change(config(2));
  expect([await status('/a'), await status('/a')]).toEqual([200, 429]);
});

describe('an operator', () => {
  test('sees what a consumer has used, and lets it begin again, with a reason in the log', async () => {
    const { log, lines } = recordingLog();
    const { wallClock } = clockAt(NOON);
    const { ask, order } = await counted(
      { monthly: { limit: 1, per: 'month' } },
      { a: { apiKey: {}, quota: 'monthly' } },
      { wallClock, log },
    );
    expect([await ask('/a', as('ada')), await ask('/a', as('ada'))]).toEqual([200, 429]);
    const who = { quota: 'monthly', consumer: 'ada', via: 'apiKey' };
    expect(await order('/quotas/read', who)).toEqual({
      status: 200,
      body: {
        quota: 'monthly',
        used: 1,
        limit: 1,
        remaining: 0,
        from: '2026-12-01T00:00:00.000Z',
        until: '2027-01-01T00:00:00.000Z',
      },
    });
    const reset = await order('/quotas/reset', { ...who, reason: 'our mistake' });
    expect(reset.body).toMatchObject({ used: 0, usedBefore: 1, remaining: 1 });
    expect([await ask('/a', as('ada')), await ask('/a', as('ada'))]).toEqual([200, 429]);
    expect(lines().find(({ msg }) => msg === 'a quota was reset by an operator')).toMatchObject({
      quota: 'monthly',
      consumer: 'ada',
      used: 1,
      reason: 'our mistake',
    });
  });

  test.each([
    ['/quotas/read', { quota: 'mothly', value: 'x' }, /no quota "mothly"; did you mean "monthly"/],
    ['/quotas/read', { quota: 'monthly' }, /name a "consumer", or the "value"/],
    ['/quotas/read', { quota: 'monthly', consumer: 'a', value: 'a' }, /name a "consumer", or/],
    ['/quotas/read', { quota: 'monthly', consumer: 'ada' }, /needs "via"/],
    [
      '/quotas/read',
      { quota: 'other', consumer: 'a', via: 'x' },
      /counts by header:x: give its "value"/,
    ],
    ['/quotas/reset', { quota: 'monthly', value: 'a' }, /a reset needs a "reason"/],
    [
      '/quotas/reset',
      { quota: 'monthly', value: 'a', reason: 'a\nb' },
      /reason: must be a text of 1 to 200/,
    ],
    ['/quotas/reset', { quota: 'monthly', value: 'a', reason: '  ' }, /reason: must be a text/],
  ])('is told what is wrong: %s %j', async (path, body, error) => {
    const { order } = await counted(
      { monthly: { limit: 1, per: 'month' }, other: { limit: 1, per: 'day', by: 'header:x' } },
      { a: { quota: 'monthly' } },
    );
    const answer = await order(path, body);
    expect(answer.status).toBe(400);
    expect((answer.body as { readonly error: string }).error).toMatch(error);
  });
});

describe('quotas are refused', () => {
  const faultOf = (quota: object, use: unknown = 'q'): Promise<string> =>
    counted({ q: quota }, { a: { apiKey: false, quota: use } }).then(
      () => 'none',
      (error: Error) => error.message,
    );
  const day = { limit: 1, per: 'day' };
  const plans = { free: 1 };

  test.each<[quota: object, use: unknown, fault: RegExp]>([
    [{ per: 'day' }, 'q', /quotas\.q: needs limit, or plans/],
    [{ ...day, plans, plan: 'address', default: 'free' }, 'q', /has limit and plans: use one/],
    [{ ...day, plan: 'address' }, 'q', /quotas\.q\.plan: needs plans/],
    [{ per: 'day', plans, default: 'free' }, 'q', /quotas\.q\.plans: needs plan/],
    [{ per: 'day', plans, plan: 'address' }, 'q', /quotas\.q\.plans: needs default/],
    [
      { per: 'day', plans, plan: 'address', default: 'fre' },
      'q',
      /default: no such plan; did you mean "free"/,
    ],
    [{ limit: 1 }, 'q', /quotas\.q\.per/],
    [{ limit: 1, per: 'hour' }, 'q', /quotas\.q\.per/],
    [{ ...day, limit: -1 }, 'q', /limit: must be at least 0/],
    [{ ...day, timezone: 'Berlin' }, 'q', /timezone: is not a time zone such as "UTC"/],
    [{ ...day, by: 'ip' }, 'q', /by: "ip" is not a source/],
    [{ ...day, by: 'claim:org' }, 'q', /routes\.a\.quota: q: "claim:org" needs one of/],
    [{ ...day, by: 'plugin:tenant' }, 'q', /q: no plugin with a key is named "tenant"/],
    [day, 'p', /routes\.a\.quota: no quota "p" under plugins\.quota\.quotas/],
    [day, [], /routes\.a\.quota/],
  ])('%j', async (quota, use, fault) => {
    expect(await faultOf(quota, use)).toMatch(fault);
  });

  test('not where all is well', async () => {
    expect(await faultOf({ ...day, timezone: 'America/New_York' }, ['q', 'q'])).toBe('none');
  });
});
