/** `portico split`: what a running gateway says of the sides of a route, and orders for them. */
import { describe, expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { run } from './run.ts';

const NEXT = '2026-12-03T08:00:00.000Z';

async function running(admin: object = {}): Promise<readonly string[]> {
  const { gateway } = await startGateway({
    wallClock: () => Date.parse(NEXT) - 1_000,
    config: {
      admin: { port: 0, ...admin },
      routes: {
        products: {
          match: { path: '/products/*' },
          split: [
            { upstream: 'old' },
            { upstream: 'new', weight: 10, ramp: [{ at: NEXT, weight: 33.5 }] },
          ],
        },
        ping: { match: { path: '/ping' }, respond: {} },
      },
    },
    upstreams: { old: () => ({}), new: () => ({}) },
  });
  return ['--admin', gateway.adminUrl!];
}

const LISTED = ['old  90 %, weight 90', `new  10 %, weight 10, 33.5 from ${NEXT}`];

test('lists the sides with their shares, and the next step of a ramp', async () => {
  const admin = await running();
  expect(await run(['split', 'products', ...admin])).toEqual({ code: 0, out: LISTED, err: [] });
  const { out } = await run(['split', 'products', '--json', ...admin]);
  expect(JSON.parse(out.join('\n'))).toEqual([
    { upstream: 'old', weight: 90, share: 0.9 },
    { upstream: 'new', weight: 10, share: 0.1, next: { at: NEXT, weight: 33.5 } },
  ]);
});

test('takes a side out, for a reason, and hands it back', async () => {
  const admin = await running();
  const out = await run(['split', 'products', '--abort', 'new', '--reason', 'wrong', ...admin]);
  expect(out.out).toEqual([
    'old  100 %, weight 90',
    `new  0 %, weight 10, 33.5 from ${NEXT}, aborted 2026-12-03T07:59:59.000Z: wrong`,
  ]);
  expect((await run(['split', 'products', '--auto', 'new', ...admin])).out).toEqual(LISTED);
});

describe('says what is wrong', () => {
  test.each([
    [['nosuch'], 1, / has no route "nosuch"$/],
    [['ping'], 1, /^the route "ping" is not split$/],
    [['products', '--auto', 'beta'], 1, /no split of this name has such a side after its first$/],
    [['products', '--abort', 'old'], 1, /no split of this name has such a side after its first$/],
    [['products', '--abort', 'new', '--auto', 'new'], 2, /cannot be used with/],
    [['products', '--abort', 'new', '--reason', 'a\nb'], 1, /"reason" must be a text/],
  ])('for %j', async (args, code, message) => {
    const told = await run(['split', ...args, ...(await running())]);
    expect([told.code, told.out]).toEqual([code, []]);
    expect(told.err.join('\n')).toMatch(message);
  });

  test('without the token that is asked for', async () => {
    const admin = await running({ token: 'a-token-of-the-operator' });
    const refused = await run(['split', 'products', '--abort', 'new', ...admin]);
    expect([refused.code, refused.err.join()]).toEqual([1, expect.stringContaining('refuses')]);
  });
});
