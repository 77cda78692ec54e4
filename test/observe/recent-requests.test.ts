import { describe, expect, test } from 'vitest';
import { RequestRecord } from '../../src/core/record.ts';
import { pastRequest, RECENT_LIMITS, RecentRequests } from '../../src/observe/recent-requests.ts';

interface Told {
  readonly status?: number;
  readonly path?: string;
  readonly record?: RequestRecord;
}

let ended = 0;

function past(id: string, { status = 200, path = '/', record = new RequestRecord(0) }: Told = {}) {
  const exchange = {
    id,
    method: 'GET',
    host: 'a',
    path,
    route: 'all',
    endpoint: '',
    trace: undefined,
    consumer: { id: 'u1', claims: { secret: 'zz' } },
    record,
  };
  ended += 1;
  return pastRequest(exchange, 1, status, 0, ended);
}

function kept(most: number): RecentRequests {
  const recent = new RecentRequests();
  recent.resize(most);
  return recent;
}

const failed = (): RequestRecord => {
  const record = new RequestRecord(0);
  record.fail({ code: 'GW_ROUTE_NOT_FOUND' });
  return record;
};

const ids = (all: readonly { readonly id: string }[]): string[] => all.map(({ id }) => id);

test('the last requests are kept, newest first', () => {
  const recent = kept(2);
  for (const id of ['a', 'b', 'c']) recent.add(past(id));
  expect([recent.most, ids(recent.requests)]).toEqual([2, ['c', 'b']]);
  expect([recent.find('b')?.id, recent.find('a')]).toEqual(['b', undefined]);
});

test('of a consumer only the id is kept', () => {
  expect(past('a').consumer).toEqual({ id: 'u1' });
});

describe('a problem', () => {
  test('is a status of 500 and above, or an error of the gateway', () => {
    const recent = kept(9);
    recent.add(past('well'));
    recent.add(past('upstream', { status: 500 }));
    recent.add(past('refused', { status: 404, record: failed() }));
    recent.add(past('not ours', { status: 404 }));
    expect(ids(recent.problems)).toEqual(['refused', 'upstream']);
    expect(recent.news(1)).toEqual({ total: 2, latest: ['refused'] });
  });

  test('is found after its request is among the last ones no longer', () => {
    const recent = kept(1);
    recent.add(past('a', { status: 502 }));
    recent.add(past('b'));
    expect(recent.find('a')?.status).toBe(502);
  });

  test('that is a failure is not pushed out by refusals, which anybody can cause', () => {
    const recent = kept(1);
    recent.add(past('failure', { status: 503 }));
    for (let i = 0; i < 200; i++) recent.add(past(`r${i}`, { status: 404, record: failed() }));
    expect(recent.problems).toHaveLength(RECENT_LIMITS.problems + 1);
    expect(ids(recent.problems)).toContain('failure');
    expect(recent.news(0).total).toBe(201);
  });
});

describe('the number that is kept', () => {
  test('may change, and the newest stay', () => {
    const recent = kept(3);
    for (const id of ['a', 'b', 'c']) recent.add(past(id));
    recent.resize(2);
    expect(ids(recent.requests)).toEqual(['c', 'b']);
    recent.resize(3);
    recent.add(past('d'));
    expect(ids(recent.requests)).toEqual(['d', 'c', 'b']);
  });

  test('0 keeps nothing, and forgets what was kept', () => {
    const recent = kept(3);
    recent.add(past('a', { status: 500 }));
    recent.resize(0);
    expect([recent.requests, recent.problems, recent.find('a')]).toEqual([[], [], undefined]);
  });
});

test('what is kept is bounded in bytes: the oldest go, and a single one that is too long', () => {
  const recent = kept(1_000);
  const long = 'x'.repeat(RECENT_LIMITS.bytes / 10);
  for (let i = 0; i < 30; i++) recent.add(past(`p${i}`, { path: long }));
  expect(ids(recent.requests)).toEqual(Array.from({ length: 9 }, (_each, i) => `p${29 - i}`));
  const record = new RequestRecord(0);
  const call = record.call('part', 'a', 'up', 0);
  for (let i = 0; i < 11; i++) call.attempt('up', 'http://a', { method: 'GET', path: long });
  recent.add(past('huge', { record }));
  expect(recent.requests).toEqual([]);
  recent.add(past('next'));
  expect(ids(recent.requests)).toEqual(['next']);
});
