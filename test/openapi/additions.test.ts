/** What plugins add to documents, and what a document tells of aggregates, BFFs and fixed answers. */
import { describe, expect, test } from 'vitest';
import { answering, api, forwarding, told } from './documented.ts';

const FILES = {
  'api.json': api({ '/a': { get: answering({ type: 'string' }), post: answering({}) } }),
};
const ISSUER = { issuer: 'me', algorithms: ['HS256'], secret: 's'.repeat(32) };
const PLUGINS = {
  plugins: {
    jwt: { issuers: { me: ISSUER } },
    apiKey: { consumers: { c: { keys: ['a'.repeat(64)] } } },
  },
};

const withPlugins = async (keys: object, method = 'GET') => {
  const route = { match: { path: '/a' }, ...keys };
  const { operation, document } = await told(forwarding(route, PLUGINS), FILES);
  return { operation: operation(`${method} /a`), document };
};

describe('plugins tell', () => {
  test.each([
    [
      'a token with scopes',
      { jwt: { issuer: 'me', scopes: ['a', 'b'] } },
      [{ bearer: ['a', 'b'] }],
    ],
    [
      'a token with any scope',
      { jwt: { issuer: 'me', scopes: ['a', 'b'], match: 'any' } },
      [{ bearer: ['a'] }, { bearer: ['b'] }],
    ],
    ['a token or none', { jwt: { issuer: 'me', optional: true } }, [{ bearer: [] }, {}]],
    [
      'a token or a key',
      {
        jwt: { issuer: 'me', optional: true },
        apiKey: { optional: true },
        auth: { anyOf: ['jwt', 'apiKey'] },
      },
      [{ bearer: [] }, { 'key-x-api-key': [] }],
    ],
    [
      'a token and a key',
      { jwt: { issuer: 'me' }, apiKey: { query: 'key' } },
      [{ bearer: [], 'key-key': [] }],
    ],
  ])('%s', async (_name, keys, security) => {
    const { operation } = await withPlugins(keys);
    expect(operation['security']).toEqual(security);
  });

  test.each([
    [{ jwt: { issuer: 'me', scopes: ['a'] } }, ['401', '403']],
    [{ rateLimit: { max: 1, window: '1s', by: 'address' } }, ['429']],
    [{ rateLimit: { max: 1, window: '1s', by: 'address', report: true } }, []],
    [{ ip: { deny: ['10.0.0.0/8'] } }, ['403']],
    [{ version: { afterSunset: 'gone', sunset: '2026-01-01' } }, ['410']],
    [{ etag: {} }, ['304']],
    [{ csrf: {} }, []],
  ])('%j: the answers %j', async (keys, statuses) => {
    const bare = Object.keys((await withPlugins({})).operation.responses);
    const { operation } = await withPlugins(keys);
    const added = Object.keys(operation.responses).filter((each) => !bare.includes(each));
    expect(added).toEqual(statuses);
  });

  test('what goes with a method alone', async () => {
    const { operation } = await withPlugins({ csrf: {} }, 'POST');
    expect(operation.responses['403']?.content).toEqual({
      'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
    });
  });

  test('fields that answers have, and have no longer', async () => {
    const rateLimit = { max: 1, window: '1s', by: 'address' };
    const headers = { response: { set: { 'x-a': '1' } } };
    const { operation } = await withPlugins({ rateLimit, headers });
    expect(Object.keys(operation.responses['200']!.headers!).toSorted()).toEqual([
      'RateLimit',
      'RateLimit-Policy',
      'x-a',
    ]);
  });

  test('that bodies are changed: nothing is promised of them', async () => {
    const { operation } = await withPlugins({ body: { response: { remove: ['a'] } } });
    expect(operation.responses['200']?.content).toEqual({ 'application/json': { schema: {} } });
  });

  test('that a version ends, and how one is asked for', async () => {
    const version = {
      from: 'header:x-v',
      default: '1',
      versions: { 1: { deprecated: '2026-01-01' }, 2: {} },
    };
    const { operation } = await withPlugins({ version });
    expect(operation.parameters).toMatchObject([
      { name: 'x-v', in: 'header', schema: { enum: ['1', '2'], default: '1' } },
    ]);
    expect(operation['deprecated']).toBeUndefined();
    const one = await withPlugins({ version: { deprecated: '2026-01-01' } });
    expect(one.operation['deprecated']).toBe(true);
  });
});

describe('an aggregate', () => {
  const schemas = {
    Order: {
      type: 'object',
      required: ['id', 'lines', 'cost'],
      properties: {
        id: { type: 'string' },
        cost: { type: 'integer' },
        lines: { type: 'array', items: { $ref: '#/components/schemas/Line' } },
      },
    },
    Line: {
      type: 'object',
      required: ['sku', 'n'],
      properties: { sku: { type: 'string' }, n: { type: 'integer' } },
    },
  };
  const order = { $ref: '#/components/schemas/Order' };
  const files = {
    'api.json': api(
      {
        '/orders/{id}': {
          get: {
            ...answering({ type: 'object', required: ['data'], properties: { data: order } }),
            parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
          },
        },
        '/stock': {
          get: {
            ...answering({ type: 'array', items: { type: 'string' } }),
            parameters: [{ name: 'depot', in: 'query', schema: { type: 'string' } }],
          },
        },
      },
      { schemas },
    ),
  };
  const aggregated = (parts: object) =>
    told(
      {
        upstreams: { up: { targets: ['http://up:1'], openapi: 'api.json' } },
        routes: { s: { match: { path: '/s/{order}', methods: ['GET'] }, aggregate: parts } },
      },
      files,
    );

  test('is one object of shaped parts; those that may be missing are not required', async () => {
    const { operation, warnings } = await aggregated({
      order: {
        upstream: 'up',
        path: '/orders/{order}',
        required: true,
        unwrap: 'data',
        omit: ['cost'],
        rename: { 'lines[].sku': 'article' },
      },
      stock: { upstream: 'up', path: '/stock', collection: 'all', as: 'more.stock' },
      price: { upstream: 'up', path: '/stock', default: [] },
    });
    const answer = operation('GET /s/{order}');
    expect(answer.responses['200']?.content?.['application/json']?.schema).toEqual({
      type: 'object',
      required: ['order', 'price'],
      properties: {
        order: {
          type: 'object',
          required: ['id', 'lines'],
          properties: {
            id: { type: 'string' },
            lines: {
              type: 'array',
              items: {
                type: 'object',
                required: ['article', 'n'],
                properties: { article: { type: 'string' }, n: { type: 'integer' } },
              },
            },
          },
        },
        more: {
          type: 'object',
          properties: {
            stock: {
              type: 'object',
              required: ['all'],
              properties: { all: { type: 'array', items: { type: 'string' } } },
            },
          },
        },
        price: { anyOf: [{ type: 'array', items: { type: 'string' } }, { const: [] }] },
      },
    });
    expect(Object.keys(answer.responses['200']!.headers!)).toEqual(['Gateway-Degraded']);
    expect(answer.parameters).toEqual([
      { name: 'order', in: 'path', required: true, schema: { type: 'integer' } },
    ]);
    expect(warnings).toEqual([]);
  });

  test('takes the parameters that its parts pass on or fill in', async () => {
    const { operation } = await aggregated({
      stock: {
        upstream: 'up',
        path: '/stock',
        query: { q: '{query.words}' },
        forwardQuery: ['depot'],
        forwardHeaders: ['x-shop'],
      },
    });
    expect(
      operation('GET /s/{order}').parameters?.map((each) => `${each.in} ${each.name}`),
    ).toEqual(['path order', 'query words', 'query depot', 'header x-shop']);
  });

  test('warns of a part that its upstream does not document', async () => {
    const { warnings, operation } = await aggregated({ x: { upstream: 'up', path: '/nowhere' } });
    expect(warnings).toEqual([
      's: the document of "up" has no GET /nowhere: the part "x" may be anything',
    ]);
    expect(operation('GET /s/{order}').responses['200']?.content).toEqual({
      'application/json': { schema: { type: 'object', properties: { x: {} } } },
    });
  });
});

describe('a BFF', () => {
  test('is told by its schemas', async () => {
    const bff = `import { defineBff, z } from 'portico';
      const Thing = z.strictObject({ id: z.string(), size: z.number().optional() }).meta({ id: 'Thing' });
      export default defineBff({ upstreams: [] }, (app) => {
        const querystring = z.strictObject({ n: z.coerce.number().int().min(1) });
        const texts = { summary: 'Makes it', tags: ['Things'], operationId: 'make' };
        app.post('/things/:id', { schema: { ...texts, querystring, body: Thing, response: { 201: Thing } }, config: { portico: { ip: { deny: ['10.0.0.1'] } } } }, () => ({ id: 'a' }));
        app.get('/hidden', { schema: { hide: true, response: { 200: Thing } } }, () => ({ id: 'a' }));
        app.get('/', { schema: { response: { 200: z.array(Thing) } } }, () => []);
      });`;
    const { operations, operation, document } = await told(
      { routes: { app: { match: { path: '/app/*' }, bff: './bff.ts' } } },
      { 'bff.ts': bff },
    );
    expect(operations).toEqual(['POST /app/things/{id}', 'GET /app']);
    const make = operation('POST /app/things/{id}');
    const thing = { $ref: '#/components/schemas/app_Thing' };
    expect(make).toMatchObject({
      operationId: 'make',
      summary: 'Makes it',
      tags: ['Things'],
      requestBody: { required: true, content: { 'application/json': { schema: thing } } },
      responses: { 201: { content: { 'application/json': { schema: thing } } } },
    });
    expect(make.parameters?.map((each) => `${each.in} ${each.name}`)).toEqual([
      'path id',
      'query n',
    ]);
    // Of the endpoint alone.
    expect(Object.keys(make.responses)).toContain('403');
    expect(Object.keys(operation('GET /app').responses)).not.toContain('403');
    expect(document.components.schemas['app_Thing']).toMatchObject({ required: ['id'] });
  });
});

test('fixed answers and redirects are told as they are', async () => {
  const { operation } = await told({
    routes: {
      ping: { match: { path: '/ping', methods: ['GET'] }, respond: { body: { ok: true } } },
      text: { match: { path: '/text', methods: ['GET'] }, respond: { body: 'hello' } },
      old: { match: { path: '/old/*', methods: ['GET'] }, redirect: { to: '/ping', status: 301 } },
    },
  });
  expect(operation('GET /ping').responses['200']?.content).toEqual({
    'application/json': { schema: { const: { ok: true } } },
  });
  expect(operation('GET /text').responses['200']?.content).toEqual({
    'text/plain': { schema: { type: 'string' } },
  });
  expect(Object.keys(operation('GET /old/{path}').responses['301']!.headers!)).toEqual([
    'Location',
  ]);
});

describe('validate tells', () => {
  const paths = {
    '/a': {
      get: answering({}, { parameters: [{ name: 'n', in: 'query', schema: { type: 'integer' } }] }),
      post: answering(
        {},
        {
          requestBody: { required: true, content: { 'application/json': { schema: {} } } },
        },
      ),
    },
  };
  const files = { 'api.json': api(paths) };
  const shop = (validate: object, more: object = {}) =>
    told(forwarding({ match: { path: '/a' }, validate, ...more }), files);
  const statuses = ({ responses }: { readonly responses: object }) =>
    Object.keys(responses).filter((status) => status.startsWith('4'));

  test('what it refuses by the document, with the fields of the answers', async () => {
    const { operation, document } = await shop({ openapi: true });
    expect(statuses(operation('GET /a'))).toEqual(['400', '404', '405']);
    const post = operation('POST /a');
    expect(statuses(post)).toEqual(['400', '404', '405', '408', '413', '415']);
    expect(post.responses['415']?.headers).toHaveProperty('Accept');
    expect(post.responses['405']?.headers).toHaveProperty('Allow');
    expect(document.components.schemas['Problem']).toHaveProperty('properties.errors.items');
    const report = await shop({ openapi: true, mode: 'report' });
    expect(statuses(report.operation('GET /a'))).toEqual(['400']);
  });

  test('its own schemas, as parameters and body, with what the document says', async () => {
    const { operation, document } = await shop({
      query: {
        type: 'object',
        required: ['n'],
        properties: { n: { type: 'number', maximum: 9 }, sort: { $ref: '#/$defs/Sort' } },
        $defs: { Sort: { type: 'string', enum: ['up', 'down'] } },
      },
      body: {
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        properties: { tree: { $ref: '#/definitions/Tree' } },
        definitions: {
          Tree: { type: 'object', properties: { of: { $ref: '#/definitions/Tree' } } },
        },
      },
    });
    expect(operation('GET /a').parameters).toEqual([
      {
        name: 'n',
        in: 'query',
        required: true,
        schema: { allOf: [{ type: 'integer' }, { type: 'number', maximum: 9 }] },
      },
      {
        name: 'sort',
        in: 'query',
        schema: { $ref: '#/components/schemas/shop_validate_query_defs_Sort' },
      },
    ]);
    expect(operation('GET /a')).not.toHaveProperty('requestBody');
    const tree = { $ref: '#/components/schemas/shop_validate_body_definitions_Tree' };
    expect(operation('POST /a')['requestBody']).toEqual({
      required: true,
      content: { 'application/json': { schema: { type: 'object', properties: { tree } } } },
    });
    expect(document.components.schemas).toMatchObject({
      shop_validate_query_defs_Sort: { enum: ['up', 'down'] },
      shop_validate_body_definitions_Tree: { properties: { of: tree } },
    });
    expect(JSON.stringify(document)).not.toContain('draft-07');
  });

  test('nothing of schemas that documents cannot have, though they check', async () => {
    const { operation } = await shop({
      body: { $ref: '#x', $defs: { x: { $anchor: 'x', type: 'object' } } },
    });
    expect(operation('POST /a')['requestBody']).toEqual({
      required: true,
      content: { 'application/json': { schema: {} } },
    });
  });
});

test('operations tell how they are named, and that others are refused', async () => {
  const { operation } = await told(
    forwarding({
      match: { path: '/graphql', methods: ['GET', 'POST'] },
      operations: { documents: 'known.json' },
    }),
    {
      'api.json': api({ '/graphql': { get: answering({}), post: answering({}) } }),
      'known.json': '{"a":"{ me }"}',
    },
  );
  const post = operation('POST /graphql');
  expect(post['requestBody']).toMatchObject({
    content: { 'application/json': { schema: { properties: { id: {}, variables: {} } } } },
  });
  expect(post.responses['400']?.description).toContain('Operation is not known');
  const names = operation('GET /graphql').parameters?.map(({ name }) => name);
  expect(names).toEqual(['id', 'documentId', 'query', 'operationName', 'variables', 'extensions']);
});

test('an endpoint of a BFF tells its own problems beside those of the gateway', async () => {
  const { documentConfig } = await import('../../src/gateway.ts');
  const { document } = await documentConfig({ file: 'gateway.config.yaml', environment: {} });
  const { responses } = document.paths['/web/orders']!['post'] as never as {
    readonly responses: Record<string, { readonly description: string; readonly content?: object }>;
  };
  expect(responses['303']?.description).toBe('The page of the new order.');
  expect(responses['303']).not.toHaveProperty('content');
  expect(responses['409']?.content).toHaveProperty(['application/problem+json']);
  const { responses: picture } = document.paths['/web/account/picture']!['put'] as never as {
    readonly responses: Record<string, { readonly content?: object }>;
  };
  expect(picture['415']?.content).toHaveProperty('application/problem+json.schema.anyOf.1');
});
