/** `persisted: sha256`: the hash goes out first, and the text only where it is needed. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { configFolder } from './config-folder.ts';
import { startGraphqlServer, type ServerOptions } from './shop-server.ts';

const NAMES = 'query Names($id: ID!) { product(id: $id) { name } }';
const RATE = 'mutation Rate($id: ID!) { addReview(product: $id, stars: 5) { stars } }';
const HASH = createHash('sha256').update(NAMES).digest('hex');

async function serving(persisted: ServerOptions['persisted'], document = 'names.graphql') {
  const shop = await startGraphqlServer(persisted === undefined ? {} : { persisted });
  const folder = configFolder({ 'names.graphql': NAMES, 'rate.graphql': RATE });
  const clock = manualClock();
  const gateway = await startGateway({
    clock,
    config: {
      admin: { port: 0 },
      upstreams: { shop: { targets: [shop.url] } },
      routes: {
        page: {
          match: { path: '/{id}' },
          aggregate: {
            q: {
              upstream: 'shop',
              query: { v: '1' },
              graphql: {
                document: join(folder, document),
                variables: { id: '{id}' },
                persisted: 'sha256',
              },
            },
          },
        },
      },
    },
  });
  const ask = async (id: string): Promise<unknown> => (await gateway.fetch(`/${id}`)).json();
  /** What has come since it was last asked. */
  let seen = 0;
  const sent = (): string[] => {
    const fresh = shop.received.slice(seen);
    seen = shop.received.length;
    return fresh.map(({ method, query, extensions }) =>
      [method, extensions && 'hash', query && 'text'].filter(Boolean).join(' '),
    );
  };
  return { ...gateway, ask, sent, clock, shop };
}

const named = (id: string): object => ({ q: { product: { name: `Product ${id}` } } });

describe('a query', () => {
  test('goes out as a GET with its hash, once the server has its text', async () => {
    const { ask, sent, shop } = await serving('keeps');
    expect([await ask('a&b'), sent()]).toEqual([named('a&b'), ['GET hash', 'POST hash text']]);
    expect([await ask('2'), sent()]).toEqual([named('2'), ['GET hash']]);
    const { url, headers, variables, extensions } = shop.received.at(-1)!;
    expect(url).toMatch(/^\/graphql\?v=1&operationName=Names&extensions=/);
    expect(extensions).toEqual({ persistedQuery: { version: 1, sha256Hash: HASH } });
    expect(variables).toEqual({ id: '2' });
    expect(headers).toMatchObject({ 'apollo-require-preflight': 'true' });
    expect(headers).not.toHaveProperty('content-type');
  });

  test('goes out as its text to a server that refuses hashes, and is tried again after ten minutes', async () => {
    const { ask, sent, clock } = await serving('refuses');
    expect([await ask('1'), sent()]).toEqual([named('1'), ['GET hash', 'POST text']]);
    expect([await ask('2'), sent()]).toEqual([named('2'), ['POST text']]);
    clock.advance(599_000);
    expect([await ask('3'), sent()]).toEqual([named('3'), ['POST text']]);
    clock.advance(2_000);
    expect([await ask('4'), sent()]).toEqual([named('4'), ['GET hash', 'POST text']]);
  });

  test('goes out as its text to a server that forgets it', async () => {
    const { ask, sent } = await serving('forgets');
    expect([await ask('1'), sent()]).toEqual([named('1'), ['GET hash', 'POST hash text']]);
    expect([await ask('2'), sent()]).toEqual([named('2'), ['GET hash', 'POST text']]);
    expect([await ask('3'), sent()]).toEqual([named('3'), ['POST text']]);
  });

  test('whose variables are too long for a URL is POST, with the hash alone', async () => {
    const { ask, sent } = await serving('keeps');
    await ask('1');
    sent();
    const long = 'é'.repeat(900);
    expect([await ask(encodeURIComponent(long)), sent()]).toEqual([named(long), ['POST hash']]);
  });
});

test('a mutation is POST, with its hash first', async () => {
  const { ask, sent } = await serving('keeps', 'rate.graphql');
  const rated = { q: { addReview: { stars: 5 } } };
  expect([await ask('1'), sent()]).toEqual([rated, ['POST hash', 'POST hash text']]);
  expect([await ask('1'), sent()]).toEqual([rated, ['POST hash']]);
});

test('an unknown hash does not open the circuit, whatever its status', async () => {
  const folder = configFolder({ 'q.graphql': NAMES });
  const missing = {
    errors: [
      { message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } },
    ],
  };
  const seen: string[] = [];
  const { fetch } = await startGateway({
    config: {
      upstreams: { shop: { targets: ['http://shop:1'], breaker: { consecutive: 1, open: '5s' } } },
      routes: {
        page: {
          match: { path: '/{id}' },
          aggregate: {
            q: {
              upstream: 'shop',
              graphql: {
                document: join(folder, 'q.graphql'),
                variables: { id: '{id}' },
                persisted: 'sha256',
              },
            },
          },
        },
      },
    },
    upstreams: {
      shop: ({ method }) => {
        seen.push(method);
        return method === 'GET' ? { status: 404, body: missing } : { body: { data: { x: 1 } } };
      },
    },
  });
  expect(await (await fetch('/1')).json()).toEqual({ q: { x: 1 } });
  expect(await (await fetch('/1')).json()).toEqual({ q: { x: 1 } });
  expect(seen).toEqual(['GET', 'POST', 'GET', 'POST']);
});

test('a 404 that is no answer of GraphQL is that of the part', async () => {
  const folder = configFolder({ 'q.graphql': NAMES });
  const part = {
    upstream: 'shop',
    graphql: {
      document: join(folder, 'q.graphql'),
      variables: { id: '{id}' },
      persisted: 'sha256',
    },
  };
  const { fetch } = await startGateway({
    config: {
      upstreams: { shop: { targets: ['http://shop:1'], breaker: { consecutive: 1, open: '5s' } } },
      routes: {
        page: { match: { path: '/{id}' }, aggregate: { q: part }, aggregation: { minimum: 0 } },
      },
    },
    upstreams: { shop: () => ({ status: 404, body: 'not here' }) },
  });
  for (const _ of [1, 2]) {
    expect((await fetch('/1')).headers.get('gateway-degraded')).toBe('q;reason=not-found');
  }
});
