/** Routes that do more than forward, and documents that are large. */
import { defineBff, z } from 'portico';
import { describe, expect, test } from 'vitest';
import { folderOf } from '../../config/config-files.ts';
import { startGateway } from '../../gateway/support/gateway.ts';
import { checking, documentOf, query, taking } from './checking.ts';

const VALIDATE = { openapi: true, unknownQuery: 'refuse' };

test('an aggregate checks what its parts’ documents say of its path, and its methods', async () => {
  const document = documentOf({
    'GET /orders/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
    },
  });
  const folder = folderOf({ 'api.json': document });
  const { fetch } = await startGateway({
    config: {
      upstreams: { up: { openapi: `${folder}/api.json` } },
      routes: {
        page: {
          match: { path: '/pages/{order}' },
          aggregate: { order: { upstream: 'up', path: '/orders/{order}' } },
          validate: VALIDATE,
        },
      },
    },
    upstreams: { up: () => ({ body: {} }) },
  });
  const statuses = [];
  for (const path of ['/pages/7', '/pages/x', '/pages/7?debug=1']) {
    statuses.push((await fetch(path)).status);
  }
  expect(statuses).toEqual([200, 400, 400]);
});

test('a BFF checks values by its own schemas; methods and names are checked for it', async () => {
  const bff = defineBff({ upstreams: ['up'] }, (app) => {
    app.get(
      '/items/:id',
      {
        schema: {
          params: z.object({ id: z.string() }),
          querystring: z.object({ limit: z.coerce.number().int().optional() }),
          response: { 200: z.object({ id: z.string() }) },
        },
      },
      (request) => ({ id: request.params.id }),
    );
    app.get('/', { schema: { response: { 200: z.object({}) }, hide: true } }, () => ({}));
  });
  const { fetch } = await startGateway({
    bff,
    route: { match: { path: '/web/*' }, validate: VALIDATE },
    upstreams: { up: () => ({ body: {} }) },
  });
  const got = async (path: string, method = 'GET') => {
    const { status, headers } = await fetch(`/web${path}`, { method });
    return [status, headers.get('allow')];
  };
  expect(await got('/items/7?limit=3')).toEqual([200, null]);
  expect(await got('/items/7?limit=x')).toEqual([400, null]);
  expect(await got('/items/7?debug=1')).toEqual([400, null]);
  expect(await got('/items/7', 'DELETE')).toEqual([405, 'GET, HEAD']);
  expect(await got('/items')).toEqual([404, null]);
  expect([await got(''), await got('/')]).toEqual([
    [200, null],
    [200, null],
  ]);
});

describe('a large document', () => {
  const line = { type: 'object', properties: { n: { type: 'integer' }, note: { type: 'string' } } };
  const operations = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, i) => [
      `POST /r${i % 250}/{id}/v${i}`,
      {
        parameters: [
          query('limit', { type: 'integer', maximum: 50 + (i % 40) }),
          { name: 'id', in: 'path', required: true, schema: { type: 'integer' } },
        ],
        ...taking({ $ref: `#/components/schemas/S${i % 200}` }),
      },
    ]),
  );
  const schemas = Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [
      `S${i}`,
      {
        ...line,
        properties: {
          ...line.properties,
          // A chain, each of which refers to the next.
          ...(i > 0 && { next: { $ref: `#/components/schemas/S${i - 1}` } }),
        },
      },
    ]),
  );

  test('of a thousand operations is compiled in pieces, with other work in between', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    try {
      const { send, ask } = await checking(documentOf(operations, schemas));
      expect(turns).toBeGreaterThan(20);
      expect((await send('POST /api/r249/7/v999', { next: { n: 'x' } })).faults).toEqual([
        'body /next/n: must be integer',
      ]);
      expect((await ask('POST /api/r249/7/v998')).status).toBe(404);
    } finally {
      clearInterval(timer);
    }
  }, 60_000);
});
