/** Which side a request gets, through a gateway. */
import { describe, expect, test } from 'vitest';
import { codeOf } from '../gateway/support/gateway.ts';
import { hmacToken, now } from '../plugins/issuer.ts';
import { SIDES, splitGateway } from './support.ts';

/** Uniform numbers in turn. */
const inTurn = (...numbers: readonly number[]) => {
  let i = 0;
  return () => numbers[i++ % numbers.length]!;
};

const SECRET = 'a secret of at least thirty-two characters';
const JWT = {
  plugins: { jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } } },
};
const bearer = (claims: object) => ({
  authorization: `Bearer ${hmacToken(SECRET, { iss: 'own', exp: now() + 60, sub: 'a', ...claims })}`,
});

describe('without sticky', () => {
  test('each request is drawn by itself', async () => {
    const { sidesOf } = await splitGateway(SIDES, { random: inTurn(0.05, 0.5, 0.0999, 0.1) });
    expect(await sidesOf(4)).toEqual(['new', 'old', 'new', 'old']);
  });
});

describe('with sticky', () => {
  const users = Array.from({ length: 300 }, (_each, i) => `u${i}`);
  const sidesBy = async (
    { sideOf }: Awaited<ReturnType<typeof splitGateway>>,
    header: (user: string) => Readonly<Record<string, string>>,
  ) => Promise.all(users.map((user) => sideOf(header(user))));

  test('a client keeps its side, by a cookie or a header', async () => {
    const split = [{ upstream: 'old' }, { upstream: 'new', weight: 30 }];
    const byCookie = await splitGateway(split, { route: { sticky: 'cookie:sid' } });
    const first = await sidesBy(byCookie, (user) => ({ cookie: `x=1; sid=${user}` }));
    expect(await sidesBy(byCookie, (user) => ({ cookie: `sid=${user}` }))).toEqual(first);
    expect(new Set(first)).toEqual(new Set(['old', 'new']));
    const byHeader = await splitGateway(split, { route: { sticky: 'header:x-user' } });
    expect(await sidesBy(byHeader, (user) => ({ 'x-user': user }))).toEqual(first);
  });

  test('a tenant goes as a whole, by a claim', async () => {
    const gateway = await splitGateway([{ upstream: 'old' }, { upstream: 'new', weight: 50 }], {
      route: { sticky: 'claim:tenant', jwt: { issuer: 'own' } },
      config: JWT,
    });
    const sides = new Set<string>();
    for (let tenant = 0; tenant < 8; tenant++) {
      const ofUsers = new Set<string>();
      for (const sub of ['ada', 'bob', 'eve']) {
        ofUsers.add(await gateway.sideOf(bearer({ sub, tenant: `t${tenant}` })));
      }
      expect(ofUsers.size).toBe(1);
      for (const side of ofUsers) sides.add(side);
    }
    expect(sides).toEqual(new Set(['old', 'new']));
  });

  test.each([{}, { cookie: 'sid=' }, { cookie: 'other=1' }])(
    'a request without the key is drawn by itself: %j',
    async (headers) => {
      const { sideOf } = await splitGateway(SIDES, {
        route: { sticky: 'cookie:sid' },
        random: inTurn(0.05, 0.5),
      });
      expect([await sideOf(headers), await sideOf(headers)]).toEqual(['new', 'old']);
    },
  );

  test('routes divide clients independently, or alike with one salt', async () => {
    const split = [{ upstream: 'old' }, { upstream: 'new', weight: 50 }];
    const ofRoute = async (route: object) =>
      sidesBy(await splitGateway(split, { route: { sticky: 'header:x', ...route } }), (user) => ({
        x: user,
      }));
    const own = await ofRoute({});
    expect(await ofRoute({ salt: 'shop' })).toEqual(own);
    expect(await ofRoute({ salt: 'other' })).not.toEqual(own);
  });
});

describe('who meets "when" gets that side, whatever the weights', () => {
  const split = (when: object) => [
    { upstream: 'old' },
    { upstream: 'new', weight: 0, when },
    { upstream: 'beta', weight: 0, when: { query: { beta: { present: true } } } },
  ];

  test.each([
    [{ headers: { 'X-Canary': 'true' } }, { 'x-canary': 'true' }, 'new'],
    [{ headers: { 'X-Canary': 'true' } }, { 'x-canary': 'no' }, 'old'],
    [{ headers: { 'X-Canary': { regex: 't.*' } } }, { 'x-canary': 'tru' }, 'new'],
    [{ cookies: { canary: { present: true } } }, { cookie: 'canary=' }, 'new'],
    [{ cookies: { canary: '1' }, headers: { x: 'y' } }, { cookie: 'canary=1' }, 'old'],
    [{ cookies: { canary: '1' }, headers: { x: 'y' } }, { cookie: 'canary=1', x: 'y' }, 'new'],
  ])('%j with %j is %s', async (when, headers, side) => {
    const { sideOf } = await splitGateway(split(when));
    expect(await sideOf(headers)).toBe(side);
  });

  test('the first side of which it is true wins', async () => {
    const { sideOf } = await splitGateway(split({ query: { v: '2' } }));
    expect(await sideOf({}, '/a?v=2&beta')).toBe('new');
    expect(await sideOf({}, '/a?beta=')).toBe('beta');
    expect(await sideOf({}, '/a')).toBe('old');
  });

  test('by a claim of the client', async () => {
    const { sideOf } = await splitGateway(split({ claims: { 'flags.beta': 'true' } }), {
      route: { jwt: { issuer: 'own' } },
      config: JWT,
    });
    expect(await sideOf(bearer({ flags: { beta: true } }))).toBe('new');
    expect(await sideOf(bearer({ flags: { beta: false } }))).toBe('old');
    expect(await sideOf(bearer({}))).toBe('old');
  });

  test('by one of several values, or by anything else', async () => {
    const among = await splitGateway(split({ headers: { 'x-ring': { in: ['dev', 'staff'] } } }));
    expect(await among.sideOf({ 'x-ring': 'staff' })).toBe('new');
    expect(await among.sideOf({ 'x-ring': 'public' })).toBe('old');
    const not = await splitGateway(split({ cookies: { old: { not: { present: true } } } }));
    expect(await not.sideOf({})).toBe('new');
    expect(await not.sideOf({ cookie: 'old=1' })).toBe('old');
  });

  test('a request whose values lead to different sides is refused, as in a match', async () => {
    const { fetch, seen } = await splitGateway(split({ query: { v: '2' } }));
    const refused = await fetch('/a?v=1&v=2');
    expect([refused.status, await codeOf(refused)]).toEqual([400, 'GW_REQUEST_INVALID']);
    expect((await fetch('/a?v=2&v=2')).status).toBe(200);
    expect(seen).toHaveLength(1);
  });
});

describe('a ramp', () => {
  const START = Date.parse('2026-12-02T09:00:00Z');
  const RAMP = [
    { upstream: 'old' },
    {
      upstream: 'new',
      ramp: [
        { at: '2026-12-02T10:00:00+01:00', weight: 10 },
        { at: '2026-12-02T10:00:00Z', weight: 100 },
      ],
    },
  ];

  test('changes the weight at its times, and back if the clock is set back', async () => {
    let time = START - 1;
    const { sideOf, gateway } = await splitGateway(RAMP, {
      wallClock: () => time,
      random: () => 0.05,
    });
    const weight = () => gateway.status().routes[0]!.sides![1]!.weight;
    expect([await sideOf(), weight()]).toEqual(['old', 0]);
    time = START;
    expect([await sideOf(), weight()]).toEqual(['new', 10]);
    time = START + 3_600_000;
    expect([await sideOf(), weight()]).toEqual(['new', 100]);
    time = START - 1;
    expect([await sideOf(), weight()]).toEqual(['old', 0]);
  });

  test('tells its next step, and none after the last', async () => {
    let time = START;
    const { gateway } = await splitGateway(RAMP, { wallClock: () => time });
    const sides = () => gateway.status().routes[0]!.sides;
    expect(sides()).toEqual([
      { upstream: 'old', weight: 90, share: 0.9 },
      {
        upstream: 'new',
        weight: 10,
        share: 0.1,
        next: { at: '2026-12-02T10:00:00.000Z', weight: 100 },
      },
    ]);
    time += 3_600_000;
    expect(sides()).toEqual([
      { upstream: 'old', weight: 0, share: 0 },
      { upstream: 'new', weight: 100, share: 1 },
    ]);
  });
});
