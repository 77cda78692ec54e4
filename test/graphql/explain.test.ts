/** `portico explain` tells what a GraphQL part would send, and what `operations` would say. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { asking } from '../explain/asking.ts';
import { configFolder } from './config-folder.ts';

const NAMES = 'query Names($id: ID!, $n: Int) { product(id: $id) { name(n: $n) } }';

const folder = (): string =>
  configFolder({
    'q.graphql': NAMES,
    'p.json': JSON.stringify({ names: NAMES, rate: 'mutation Rate { rate }' }),
  });

describe('a part', () => {
  const explaining = (more: object = {}) =>
    asking({
      routes: {
        page: {
          match: { path: '/p/{id}' },
          aggregate: {
            q: {
              upstream: 'up',
              graphql: {
                document: join(folder(), 'q.graphql'),
                variables: { id: '{id}', n: '{query.n}' },
                ...more,
              },
            },
          },
        },
      },
    });

  test('is a POST of JSON', async () => {
    const { explain, calls } = await explaining();
    const [call] = (await explain('/p/7')).calls;
    expect(call).toMatchObject({ method: 'POST', path: '/graphql' });
    expect(calls).toEqual([]);
  });

  test('is a GET with its hash where it is persisted', async () => {
    const { explain } = await explaining({ persisted: 'sha256' });
    const [call] = (await explain('/p/7')).calls;
    expect(call).toMatchObject({ method: 'GET', path: '/graphql' });
  });

  test('refuses what would be refused', async () => {
    const { explain } = await explaining();
    expect((await explain('/p/7?n=many')).outcome).toMatchObject({ code: 'GW_REQUEST_INVALID' });
  });
});

describe('operations', () => {
  const explaining = (more: object = {}) =>
    asking({
      routes: {
        g: {
          match: { path: '/g' },
          upstream: 'up',
          operations: { documents: join(folder(), 'p.json'), ...more },
        },
      },
    });

  test('names the operation, and that the upstream gets a POST', async () => {
    const { explain, calls } = await explaining();
    const told = await explain('/g?id=names');
    expect(JSON.stringify(told)).toContain('the operation Names');
    expect(told.calls).toMatchObject([{ method: 'POST', path: '/g' }]);
    expect(calls).toEqual([]);
  });

  test('refuses what is not in the file, and a mutation by GET', async () => {
    const { explain } = await explaining();
    expect((await explain('/g?id=other')).outcome).toMatchObject({ code: 'GW_OPERATION_UNKNOWN' });
    expect((await explain('/g?id=rate')).outcome).toMatchObject({ code: 'GW_METHOD_NOT_ALLOWED' });
  });
});
