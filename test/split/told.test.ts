/** What operators are told of splits, and what they may order. */
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/admin/page-data.ts';
import { explanationLines } from '../../src/cli/print-explanation.ts';
import { startCollector } from '../observe/tracing/collector.ts';
import { SIDES, splitGateway } from './support.ts';

const FAILING = { new: () => ({ status: 500 }) };
const question = (headers: Readonly<Record<string, string>> = {}) => ({
  method: 'GET',
  url: '/a',
  headers: Object.entries(headers),
  address: '127.0.0.1',
});

test('metrics count the requests of each side, and tell its share', async () => {
  const { sidesOf, metrics } = await splitGateway(SIDES, { random: () => 0.05 });
  await sidesOf(3);
  const text = await metrics();
  for (const line of [
    'portico_split_requests_total{route="shop",upstream="new"} 3',
    'portico_split_weight{route="shop",upstream="old"} 0.9',
    'portico_split_weight{route="shop",upstream="new"} 0.1',
    'portico_split_aborted{route="shop",upstream="old"} 0',
    'portico_split_aborted{route="shop",upstream="new"} 0',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});

test('the access log and the spans name the side, and why', async () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const collector = await startCollector();
  const { sideOf, close } = await splitGateway(
    [SIDES[0]!, { ...SIDES[1]!, when: { headers: { 'x-canary': '1' } } }],
    {
      log,
      random: () => 0.5,
      route: { sticky: 'header:x-user' },
      config: { telemetry: { tracing: { endpoint: collector.url, protocol: 'http/json' } } },
    },
  );
  await sideOf();
  await sideOf({ 'x-user': 'user-1' });
  await sideOf({ 'x-canary': '1' });
  await close();
  const requests = lines
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .filter(({ msg }) => msg === 'request');
  expect(requests.map(({ split, splitBy, upstream }) => [split, splitBy, upstream])).toEqual([
    ['old', 'chance', 'old'],
    ['old', 'sticky', 'old'],
    ['new', 'when', 'new'],
  ]);
  expect(JSON.stringify(collector.spans)).toContain('portico.split_by');
});

describe('explain tells the side, and why', () => {
  const explained = async (headers: Readonly<Record<string, string>>, route: object = {}) => {
    const when = { headers: { 'x-canary': '1' } };
    const { gateway, seen } = await splitGateway([SIDES[0]!, { ...SIDES[1]!, when }], { route });
    const explanation = await gateway.explain(question(headers));
    expect(seen).toEqual([]);
    const { split, calls, outcome } = explanation;
    return {
      split,
      upstreams: calls.map(({ upstream }) => upstream),
      isCertain: outcome.isCertain,
      lines: explanationLines(explanation),
    };
  };

  test('by the bucket of a key', async () => {
    const told = await explained({ cookie: 'sid=user-1' }, { sticky: 'cookie:sid' });
    expect(told.split).toEqual({
      side: 'old',
      by: 'sticky',
      isCertain: true,
      bucket: 0.2441868802998215,
      sticky: 'cookie:sid',
      sides: [
        { upstream: 'old', share: 0.9 },
        { upstream: 'new', share: 0.1 },
      ],
    });
    expect([told.upstreams, told.isCertain]).toEqual([['old'], true]);
    expect(told.lines).toContain('  to old: bucket 24.419 % by cookie:sid');
    expect(told.lines).toContain('  new gets 10 %');
  });

  test('by chance, which is not certain', async () => {
    const told = await explained({}, { sticky: 'cookie:sid' });
    expect(told.split).toMatchObject({ side: 'old', by: 'chance' });
    expect([told.upstreams, told.isCertain]).toEqual([['old'], false]);
    expect(told.lines).toContain('  to old: by chance, because the request has no cookie:sid');
  });

  test('by what the request asks for', async () => {
    const told = await explained({ 'x-canary': '1' });
    expect(told.split).toMatchObject({ side: 'new', by: 'when' });
    expect([told.upstreams, told.isCertain]).toEqual([['new'], true]);
  });

  test('by a side that is out', async () => {
    const { gateway, order } = await splitGateway([
      { upstream: 'old', weight: 0 },
      { upstream: 'new', weight: 1 },
    ]);
    await order({ side: 'new', state: 'aborted', reason: 'wrong prices' });
    const explanation = await gateway.explain(question());
    expect(explanation.split).toEqual({
      side: 'old',
      by: 'aborted',
      isCertain: true,
      sides: [
        { upstream: 'old', share: 1 },
        { upstream: 'new', share: 0, aborted: 'wrong prices' },
      ],
    });
    expect(explanationLines(explanation)).toContain('  to old: its own side is aborted');
  });
});

test('the owner of a route is told by status and explain', async () => {
  const { gateway } = await splitGateway(SIDES, { route: { owner: 'Team Catalog' } });
  expect(gateway.status().routes[0]!.owner).toBe('Team Catalog');
  const explanation = await gateway.explain(question());
  expect(explanation.route?.owner).toBe('Team Catalog');
  expect(explanationLines(explanation)).toContain(
    '  route shop: split among old, new, owner Team Catalog',
  );
});

describe('an operator', () => {
  test('may take a side out, and hand it back; the first word about it stays', async () => {
    const gateway = await splitGateway(SIDES, { random: () => 0.05, upstreams: FAILING });
    expect(await gateway.sideOf()).toBe('500');
    const out = await gateway.order({ side: 'new', state: 'aborted', reason: 'wrong prices' });
    expect(await out.json()).toMatchObject({
      route: 'shop',
      sides: [{ share: 1 }, { weight: 10, share: 0, aborted: { why: 'wrong prices' } }],
    });
    expect(await gateway.sideOf()).toBe('old');
    const overview = (await (await fetch(`${gateway.adminUrl}/overview`)).json()) as Snapshot;
    expect(overview.abortedSides).toMatchObject([
      { route: 'shop', upstream: 'new', why: 'wrong prices' },
    ]);
    await gateway.order({ side: 'new', state: 'aborted' });
    expect(gateway.gateway.status().routes[0]!.sides![1]!.aborted?.why).toBe('wrong prices');
    expect((await gateway.order({ side: 'new', state: 'auto' })).status).toBe(200);
    expect(await gateway.sideOf()).toBe('500');
  });

  test.each([
    [{ side: 'new', state: 'out' }, 'shop', 400],
    [{ state: 'auto' }, 'shop', 400],
    [{ side: 7, state: 'auto' }, 'shop', 400],
    [null, 'shop', 400],
    [{ side: 'beta', state: 'auto' }, 'shop', 404],
    [{ side: 'old', state: 'aborted' }, 'shop', 404],
    [{ side: 'new', state: 'auto' }, 'nosuch', 404],
  ])('must name a side and a state: %j of %s is %i', async (body, route, status) => {
    const { order } = await splitGateway(SIDES);
    expect((await order(body, route)).status).toBe(status);
  });

  test('needs the admin token, if there is one', async () => {
    const { order, gateway } = await splitGateway(SIDES, {
      config: { admin: { port: 0, token: 'a-token-of-the-operator' } },
    });
    expect((await order({ side: 'new', state: 'aborted' })).status).toBe(401);
    expect(gateway.status().routes[0]!.sides![1]!.aborted).toBeUndefined();
  });
});
