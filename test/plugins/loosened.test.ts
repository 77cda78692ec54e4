/** What our plugins say of a change, besides what test/diff/fixtures/pairs.yaml shows. */
import { describe, expect, test } from 'vitest';
import { BUILT_IN } from '../../src/assembly/modules.ts';
import { knownNames } from '../../src/config/modules.ts';

const plugins = new Map(BUILT_IN.map((plugin) => [plugin.name, plugin]));
const known = knownNames(
  { plugins, actions: [], bffs: new Map(), fastifyPlugins: [], findings: [] },
  [],
);

/** Each as `path: message`, the route's options before and after; `undefined`: it has no such plugin. */
function told(name: string, before: unknown, after: unknown, others: object = {}): string[] {
  const { options, loosened } = plugins.get(name)!;
  const [old, now] = [before, after].map((each) => each && options.parse(each));
  const found = loosened!.ofOptions!(old, now, new Map(Object.entries(others)), known);
  return [...found].map(({ path, message }) => `${path.join('.')}: ${message}`);
}

function toldOfSettings(name: string, before: unknown, after: unknown): string[] {
  const { settings, loosened } = plugins.get(name)!;
  // The schema of the same plugin makes both.
  const [old, now] = [before, after].map((each) => settings.parse(each) as never) as [never, never];
  return [...loosened!.ofSettings!(old, now)].map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}

const OLD_KEY = 'ab'.repeat(32);
const NEW_KEY = 'cd'.repeat(32);
const issuer = (more: object = {}): object => ({
  issuers: {
    a: { issuer: 'a', audience: 'x', algorithms: ['HS256'], secret: 's'.repeat(64), ...more },
  },
});
const redis = { redis: 'redis://127.0.0.1:1' };

describe('a change of options', () => {
  test.each<[plugin: string, before: unknown, after: unknown, told: readonly string[]]>([
    [
      'ip',
      { deny: ['10.0.0.0/8'] },
      { deny: ['10.0.0.0/9'] },
      ['deny: clients of 10.0.0.0/8 are no longer denied'],
    ],
    ['ip', { deny: ['10.0.0.0/9'] }, { deny: ['10.0.0.0/8'] }, []],
    ['ip', { allow: ['10.0.0.0/8'] }, undefined, ['allow: clients of any address are admitted']],
    ['ip', { allow: ['10.0.0.0/8', '::1'] }, { allow: ['10.1.0.0/16'] }, []],
    [
      'ip',
      { allow: ['::/0'] },
      { allow: ['10.1.0.0/16'] },
      ['allow: clients of 10.1.0.0/16 are admitted too'],
    ],
    ['ip', undefined, { allow: ['10.0.0.0/8'] }, []],
    [
      'cors',
      undefined,
      { origins: ['*'] },
      [': pages of * may call it, and preflights need no credentials'],
    ],
    ['cors', { origins: ['https://*.a.test'] }, { origins: ['https://b.a.test'] }, []],
    [
      'cors',
      { origins: ['https://a.test'], headers: ['x-a'] },
      { origins: ['https://a.test'], credentials: true, methods: ['TRACK'], expose: ['x-b'] },
      [
        'credentials: pages of other origins may send cookies and authorization',
        'methods: pages of other origins may send TRACK too',
        'headers: pages of other origins may send more headers',
        'expose: scripts of other origins may read more response headers',
      ],
    ],
    [
      'csrf',
      {},
      { origins: ['https://a.test'] },
      ['origins: pages of https://a.test may act for the user'],
    ],
    ['apiKey', { plans: ['a'] }, {}, ['plans: consumers on any plan are admitted']],
    ['apiKey', { plans: ['a'] }, { plans: ['a', 'b'] }, ['plans: consumers on b are admitted too']],
    ['apiKey', {}, { query: 'key' }, ['query: keys are looked for in another place']],
    ['apiKey', {}, { optional: true }, ['optional: requests without a key are admitted']],
    ['mtls', {}, { required: false }, ['required: requests without a certificate are admitted']],
    [
      'jwt',
      { issuer: 'a' },
      { issuer: 'a', cookie: 't' },
      ['cookie: the cookie t may hold the token too'],
    ],
    [
      'jwt',
      { issuer: 'a', roles: ['r'] },
      { issuer: 'a', roles: ['r'], rolesClaim: 'groups' },
      ['rolesClaim: roles are read from groups now'],
    ],
    [
      'auth',
      { anyOf: ['jwt'] },
      { anyOf: ['jwt', 'apiKey'] },
      ['anyOf: clients that only apiKey knows are admitted'],
    ],
    [
      'authorize',
      { scopes: ['a'], methods: { POST: { scopes: ['b'] } } },
      { scopes: ['a'] },
      ['scopes: for POST, a client needs the scope a; before, it needed the scope b'],
    ],
    [
      'forwardAuth',
      { upstream: 'a', path: '/b' },
      { upstream: 'a', path: '/b', headers: ['x-c'], cache: '5s' },
      [
        'headers: the service decides by other fields: x-c',
        'cache: an approval holds for longer after the service would refuse',
      ],
    ],
    [
      'forwardAuth',
      { upstream: 'a', path: '/b', answers: 'pass' },
      { upstream: 'a', path: '/b', answers: 'problem' },
      ['answers: the service is no longer told the query, and decides without it'],
    ],
    [
      'forwardAuth',
      { upstream: 'a', path: '/b', query: true },
      { upstream: 'a', path: '/b', answers: 'pass', query: false },
      ['query: the service is no longer told the query, and decides without it'],
    ],
    [
      'forwardAuth',
      { upstream: 'a', path: '/b' },
      { upstream: 'a', path: '/b', answers: 'pass' },
      [],
    ],
    [
      'body',
      {
        request: { remove: ['admin'], set: { tenant: '{claim.tenant}', via: 'a' } },
        response: { remove: ['cost', 'margin'] },
      },
      { request: { set: { via: 'b' } }, response: { remove: ['cost'] } },
      [
        'response: clients get margin of the answers',
        'request: requests with admin reach the upstream with it',
        'request: clients say themselves what tenant is',
        'request: the upstream gets another value for via',
      ],
    ],
    ['body', { request: { set: { a: 1 } } }, { request: { set: { a: 1 }, remove: ['b'] } }, []],
    [
      'validate',
      { body: {} },
      { body: {}, mode: 'report' },
      ['mode: requests that do not match the schema reach the upstream'],
    ],
    ['validate', { body: {}, query: {} }, { body: {} }, [': query of requests may be anything']],
    [
      'validate',
      { openapi: true, query: {} },
      { query: {} },
      [': requests that no OpenAPI document has reach the upstream'],
    ],
    [
      'validate',
      { openapi: true, unknownQuery: 'refuse' },
      { openapi: true },
      ['unknownQuery: parameters of the query that the document does not have are passed on'],
    ],
    ['validate', { query: {} }, { openapi: true, query: {} }, []],
    [
      'securityHeaders',
      {},
      { 'x-frame-options': false },
      [': browsers are no longer told x-frame-options'],
    ],
  ])('of %s from %j to %j tells %j', (plugin, before, after, wanted) => {
    expect(told(plugin, before, after)).toEqual(wanted);
  });

  test('that makes a credential optional names who still insists', () => {
    const authorize = { scopes: ['a'] };
    expect(told('jwt', { issuer: 'a' }, { issuer: 'a', optional: true }, { authorize })).toEqual([
      'optional: requests without a token are admitted, unless authorize refuses them',
    ]);
  });
});

describe('a change of limits', () => {
  const MORE = [': clients may send 9 in 1s by address; before, 5 in 1s by address'];

  test.each<[before: object, after: object, told: readonly string[]]>([
    [{ max: 5, window: '1s', by: 'address' }, { max: 9, window: '1s', by: 'address' }, MORE],
    [{ max: 5, window: '1s' }, { max: 4, window: '1s' }, []],
    [{ max: 5, window: '1s' }, { max: 5, window: '2s' }, []],
    [
      { max: 5, window: '1s' },
      { max: 5, window: '1s', report: true },
      [': clients over the limit are only reported'],
    ],
    [
      { max: 5, window: '1s', cost: 2 },
      { max: 5, window: '1s' },
      [': clients may send more requests'],
    ],
    [
      { concurrency: 2 },
      { concurrency: 3 },
      [': clients may send 3 at once by consumer; before, 2 at once by consumer'],
    ],
    [
      { plan: 'claim:plan', plans: { a: { max: 1, window: '1s' } }, default: 'a' },
      {
        plan: 'claim:plan',
        plans: { a: { max: 1, window: '1s' }, b: { max: 2, window: '1s' } },
        default: 'a',
      },
      [': clients may send more requests'],
    ],
    [
      [{ max: 5, window: '1s' }, { concurrency: 2 }],
      { max: 5, window: '1s' },
      [': clients may send 5 in 1s by consumer; before, 2 at once by consumer'],
    ],
  ])('from %j to %j tells %j', (before, after, wanted) => {
    expect(told('rateLimit', before, after)).toEqual(wanted);
  });
});

describe('a change of settings', () => {
  test.each<[plugin: string, before: unknown, after: unknown, told: readonly string[]]>([
    ['jwt', issuer(), issuer(), []],
    [
      'jwt',
      issuer(),
      issuer({ audience: ['x', 'y'] }),
      ['issuers.a.audience: tokens of a for y are accepted too'],
    ],
    ['jwt', issuer(), issuer({ issuer: 'b' }), ['issuers.a.issuer: another issuer counts as a']],
    [
      'jwt',
      issuer(),
      issuer({ algorithms: ['HS256', 'HS512'] }),
      ['issuers.a.algorithms: tokens of a signed with HS512 are accepted too'],
    ],
    [
      'jwt',
      issuer(),
      issuer({ leeway: '1m' }),
      ['issuers.a.leeway: tokens of a are accepted for longer after they have expired'],
    ],
    [
      'jwt',
      issuer(),
      issuer({ rolesClaim: 'r' }),
      ['issuers.a.rolesClaim: roles in tokens of a are read from r now'],
    ],
    [
      'jwt',
      { ...issuer(), revocations: redis },
      issuer(),
      ['revocations: tokens that were revoked in the shared list may be accepted'],
    ],
    [
      'apiKey',
      {},
      { consumers: { a: { keys: [OLD_KEY] } } },
      ['consumers.a: the consumer a is admitted by its keys'],
    ],
    [
      'apiKey',
      { consumers: { a: { keys: [OLD_KEY] } } },
      { consumers: { a: { keys: [OLD_KEY, NEW_KEY], plan: 'gold' } } },
      [
        'consumers.a.keys: the consumer a has another key',
        'consumers.a.plan: the consumer a is on the plan gold',
      ],
    ],
    ['apiKey', {}, { redis: { url: redis.redis } }, ['redis: keys of another store are accepted']],
    [
      'rateLimit',
      { store: { ...redis, onError: 'refuse' } },
      { store: redis },
      ['store.onError: clients are no longer refused while Redis is down'],
    ],
    [
      'rateLimit',
      { store: redis },
      {},
      ['store: each process counts for itself, so that more of them admit more'],
    ],
  ])('of %s (%#) is told as such', (plugin, before, after, wanted) => {
    expect(toldOfSettings(plugin, before, after)).toEqual(wanted);
  });
});
