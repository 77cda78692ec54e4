import { describe, expect, test } from 'vitest';
import type { Problems, RequestDetail, Requests } from '../../src/admin/page-data.ts';
import { forwardTo } from '../gateway/support/gateway.ts';
import { administered, TOKEN } from './administered.ts';

const ROUTES = {
  all: forwardTo('/api/*', { fallback: { on: ['5xx'], respond: { status: 203 } } }),
  plain: forwardTo('/plain/*'),
  sum: {
    match: { path: '/sum' },
    aggregate: {
      one: { upstream: 'up', path: '/200' },
      two: { upstream: 'up', path: '/500', required: false },
    },
  },
};

const started = (admin: object = {}) =>
  administered({
    config: { admin, upstreams: { up: { retry: false } }, routes: ROUTES },
    upstreams: {
      up: ({ path }) => ({ status: Number(path.split('/').at(-1) ?? 200), body: '{}' }),
    },
  });

describe('GET /requests', () => {
  test('has the last ones, newest first, without what may be a secret', async () => {
    const { fetch, read } = await started();
    const headers = { authorization: 'Bearer zz-secret', cookie: 'a=zz-secret' };
    await fetch('/plain/200?token=zz-secret', { headers });
    await fetch('/nowhere');
    const told = await read<Requests>('/requests');
    expect(told.kept).toBe(200);
    expect(told.requests).toMatchObject([
      {
        path: '/nowhere',
        route: 'unmatched',
        status: 404,
        code: 'GW_ROUTE_NOT_FOUND',
        attempts: 0,
      },
      { method: 'GET', path: '/plain/200', route: 'plain', status: 200, upstreams: ['up'] },
    ]);
    expect(JSON.stringify(told)).not.toContain('zz-secret');
    const [, { id }] = told.requests as [unknown, { id: string }];
    expect(JSON.stringify(await read(`/requests/${id}`))).not.toContain('zz-secret');
  });

  test('keeps so many as admin.requests says', async () => {
    const { fetch, read } = await started({ requests: 2 });
    for (const path of ['/plain/201', '/plain/202', '/plain/203']) await fetch(path);
    const { kept, requests } = await read<Requests>('/requests');
    expect([kept, requests.map(({ status }) => status)]).toEqual([2, [203, 202]]);
  });

  test('is not there if none are kept', async () => {
    const { ask, fetch } = await started({ requests: 0 });
    await fetch('/plain/500');
    for (const path of ['/requests', '/problems', '/requests/x']) {
      const response = await ask(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: 'no request is kept: admin.requests is 0' });
    }
  });
});

describe('GET /requests/{id}', () => {
  const detailOf = async (path: string) => {
    const { fetch, read } = await started();
    const id = (await fetch(path)).headers.get('x-request-id');
    return read<RequestDetail>(`/requests/${id}`);
  };

  test('has the calls, each with its attempts, and the time of the gateway itself', async () => {
    const { calls, missing, totalMs, gatewayMs } = await detailOf('/sum');
    expect(calls).toMatchObject([
      { purpose: 'part', name: 'one', upstream: 'up', status: 200, attempts: [{ path: '/200' }] },
      { purpose: 'part', name: 'two', upstream: 'up', attempts: [{ status: 500 }] },
    ]);
    expect(missing).toHaveLength(1);
    expect(gatewayMs).toBeGreaterThan(0);
    expect(gatewayMs).toBeLessThanOrEqual(totalMs);
    // The fake upstream answers at once; the parts run side by side.
    const longest = Math.max(...calls.map(({ ms = 0 }) => ms));
    expect(gatewayMs).toBeLessThanOrEqual(totalMs - longest + 0.05);
  });

  test('says why a fallback answered', async () => {
    expect(await detailOf('/api/500')).toMatchObject({
      status: 203,
      fallback: '5xx',
      calls: [{ purpose: 'forward', attempts: [{ status: 500 }] }],
    });
  });

  test('is 404 for one that is not kept', async () => {
    const { ask } = await started();
    expect((await ask('/requests/unknown')).status).toBe(404);
  });
});

test('GET /problems has failures and refusals with code and cause, not what went well', async () => {
  const { fetch, read } = await started();
  for (const path of ['/plain/200', '/plain/404', '/plain/503', '/nowhere']) await fetch(path);
  const { total, problems } = await read<Problems>('/problems');
  expect(total).toBe(2);
  expect(problems.map(({ status, code }) => [status, code])).toEqual([
    [404, 'GW_ROUTE_NOT_FOUND'],
    [503, undefined],
  ]);
});

test.each(['/requests', '/requests/x', '/problems'])(
  'with a token, GET %s is for its bearers alone',
  async (path) => {
    const { ask } = await started({ token: TOKEN });
    expect((await ask(path)).status).toBe(401);
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await ask(path, { headers })).status).not.toBe(401);
  },
);
