/** A gateway with all kinds of traffic that its metrics tell apart. */
import { resolve } from 'node:path';
import type { TestGateway } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { quietPort } from '../helpers/quiet-port.ts';

const ISSUER = 'https://issuer.test';

/** One that is refused. */
const TOKEN = [
  { alg: 'ES256', kid: 'unknown' },
  { iss: ISSUER, aud: 'shop' },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat('A'.repeat(86))
  .join('.');

const ASKED: readonly (readonly [path: string, init?: RequestInit])[] = [
  ['/ok'],
  ['/failing'],
  ['/away'],
  ['/fallback'],
  ['/split'],
  ['/degraded'],
  ['/limited'],
  ['/validated?count=many'],
  ['/broken'],
  ['/token', { headers: { authorization: `Bearer ${TOKEN}` } }],
  ['/shop/checked/1'],
  ['/nowhere'],
];

/** One request of each kind. */
export async function askAll({ fetch: ask }: TestGateway): Promise<void> {
  await Promise.all(ASKED.map(async ([path, init]) => (await ask(path, init)).arrayBuffer()));
}

/** It ends with the test. */
export async function busyGateway(): Promise<TestGateway> {
  const nobody = `127.0.0.1:${await quietPort()}`;
  const gateway = await startGateway({
    config: {
      server: { allowFaults: true },
      // Nobody is there: its metrics are, and its engine is down.
      store: { postgres: `postgres://${nobody}/operations` },
      sagas: { fulfilment: { steps: { only: { call: { upstream: 'good', path: '/' } } } } },
      admin: { port: 0 },
      plugins: {
        rateLimit: { store: { redis: `redis://${nobody}`, onError: 'local' } },
        // The BFF's.
        trace: { module: resolve('test/plugins/fixtures/trace.ts') },
        jwt: { issuers: { shop: issuer(`http://${nobody}/jwks`) } },
      },
      upstreams: { away: { targets: [`http://${nobody}`] } },
      routes: Object.fromEntries(
        Object.entries(ROUTES).map(([name, keys]) => [
          name,
          { match: { path: `/${name}` }, ...keys },
        ]),
      ),
    },
    upstreams: {
      good: () => ({ body: {} }),
      bad: () => ({ status: 503 }),
      items: () => ({ body: {} }),
      stock: () => ({ body: {} }),
    },
  });
  await askAll(gateway);
  return gateway;
}

const issuer = (jwks: string): object => ({
  issuer: ISSUER,
  audience: 'shop',
  jwks,
  algorithms: ['ES256'],
});

const ROUTES: Readonly<Record<string, object>> = {
  ok: { upstream: 'good' },
  failing: { upstream: 'bad' },
  away: { upstream: 'away' },
  fallback: { upstream: 'away', fallback: { respond: { status: 200, body: {} } } },
  split: { split: [{ upstream: 'good' }, { upstream: 'items', weight: 50 }] },
  degraded: {
    aggregate: {
      good: { upstream: 'good', path: '/', required: true },
      bad: { upstream: 'bad', path: '/' },
    },
  },
  limited: {
    upstream: 'good',
    rateLimit: [
      { max: 1, window: '1m' },
      { max: 1, window: '1h', report: true },
    ],
  },
  validated: {
    upstream: 'good',
    validate: { query: { type: 'object', properties: { count: { type: 'integer' } } } },
  },
  broken: { upstream: 'good', fault: { abort: { status: 503 } } },
  token: { upstream: 'good', jwt: { issuer: 'shop' } },
  shop: { match: { path: '/shop/*' }, bff: resolve('test/bff/fixtures/shop.ts') },
};
