/** Which operation of the document a request is for. */
import { describe, expect, test } from 'vitest';
import { faultsOf, folderOf } from '../../config/config-files.ts';
import { startGateway } from '../../gateway/support/gateway.ts';
import { type Checking, checking, documentOf, query } from './checking.ts';

const limit = { parameters: [query('limit', { type: 'integer' })] };
const DOCUMENT = documentOf({
  'GET /orders': limit,
  'POST /orders': {},
  'GET /orders/{id}': {
    parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
  },
  'DELETE /orders/{key}': {},
  'POST /orders/search': {},
  'GET /files/report-{year}.{kind}': {
    parameters: [{ name: 'year', in: 'path', required: true, schema: { type: 'integer' } }],
  },
  'GET /': {},
  'GET /health': { 'x-internal': true },
});

const start = (route: object = {}, validate: object = {}): Promise<Checking> =>
  checking(DOCUMENT, route, validate);
const statusOf = async ({ ask }: Checking, target: string): Promise<number> =>
  (await ask(target)).status;

describe('a path', () => {
  test.each([
    'GET /api/orders',
    'GET /api/orders/7',
    'HEAD /api/orders/7',
    'DELETE /api/orders/search',
    'POST /api/orders/search',
    'GET /api/files/report-2026.pdf',
    'GET /api',
    'GET /api/',
    'GET /api/orders?limit=3&unknown=1',
  ])('of the document is served: %s', async (target) => {
    const { ask, calls } = await start();
    expect([(await ask(target)).status, calls.length]).toEqual([200, 1]);
  });

  test.each([
    'GET /api/nothing',
    'GET /api/orders/7/lines',
    'GET /api/orders/',
    'GET /api/ORDERS',
    'GET /api/files/report-.pdf',
    'GET /api/files/report-2026',
    'GET /api/health',
    'GET /api/orders%2F7',
    'GET /api/__proto__',
    'GET /api/constructor/7',
  ])('that is not in it is 404, and calls nobody: %s', async (target) => {
    const { ask, calls } = await start();
    const { status, code } = await ask(target);
    expect(calls).toEqual([]);
    if (target.includes('%2F')) expect(status).toBe(400);
    else expect([status, code]).toEqual([404, 'GW_ROUTE_NOT_FOUND']);
  });

  test('with another method is 405 with those that there are', async () => {
    const { ask, calls } = await start();
    const orders = await ask('PUT /api/orders');
    expect([orders.status, orders.code]).toEqual([405, 'GW_METHOD_NOT_ALLOWED']);
    expect(orders.headers.get('allow')).toBe('GET, HEAD, POST');
    const search = await ask('PATCH /api/orders/search');
    expect(search.headers.get('allow')).toBe('DELETE, GET, HEAD, POST');
    expect(calls).toEqual([]);
  });

  test('goes to the text before the parameter, unless only that has the method', async () => {
    const { ask } = await start();
    expect((await ask('GET /api/orders/search')).faults).toEqual(['params /id: must be integer']);
  });

  test('parameter is checked under the name that clients have for it', async () => {
    const gateway = await start({ match: { path: '/o/{order}' }, rewrite: '/orders/{order}' });
    expect((await gateway.ask('/o/x')).faults).toEqual(['params /order: must be integer']);
    expect(await statusOf(gateway, '/o/7')).toBe(200);
    expect(gateway.calls).toEqual(['GET /orders/7']);
  });

  test('is matched by parts of a segment, too', async () => {
    const { ask } = await start();
    const { faults } = await ask('/api/files/report-last.pdf');
    expect(faults).toEqual(['params /year: must be integer']);
  });
});

test('`report` refuses nothing, but counts', async () => {
  const { ask, calls } = await start({}, { mode: 'report' });
  for (const target of ['GET /api/nothing', 'PUT /api/orders', 'GET /api/orders?limit=x']) {
    expect((await ask(target)).status).toBe(200);
  }
  expect(calls).toHaveLength(3);
});

describe('a split', () => {
  test('admits what either side takes', async () => {
    const newer = documentOf({
      'GET /orders': { parameters: [query('limit', { type: 'string', enum: ['all'] })] },
      'GET /orders/{order}': {},
    });
    const folder = folderOf({ 'a.json': DOCUMENT, 'b.json': newer });
    const { fetch } = await startGateway({
      config: {
        upstreams: { a: { openapi: `${folder}/a.json` }, b: { openapi: `${folder}/b.json` } },
        routes: {
          api: {
            match: { path: '/*' },
            split: [
              { upstream: 'a', weight: 1 },
              { upstream: 'b', weight: 1 },
            ],
            validate: { openapi: true },
          },
        },
      },
      upstreams: { a: () => ({ body: {} }), b: () => ({ body: {} }) },
    });
    const statuses = [];
    for (const path of ['/orders?limit=3', '/orders?limit=all', '/orders?limit=x', '/orders/x']) {
      statuses.push((await fetch(path)).status);
    }
    expect(statuses).toEqual([200, 200, 400, 200]);
  });
});

describe('a route is refused', () => {
  const faults = (route: string, openapi = ', openapi: api.json', document = DOCUMENT) =>
    faultsOf({
      'c.yaml': `version: 1
upstreams: { up: { targets: ["http://a:1"]${openapi} } }
routes:
  api: ${route}
`,
      'api.json': document,
    });

  test('whose upstream has no document', async () => {
    expect(
      await faults('{ match: { path: /* }, upstream: up, validate: { openapi: true } }', ''),
    ).toEqual([
      'c.yaml:4:66  routes.api.validate.openapi: the upstream "up" has no OpenAPI document: name it in upstreams.up.openapi',
    ]);
  });

  test('that refuses unknown parameters of no document', async () => {
    const [fault] = await faults(
      '{ match: { path: /* }, upstream: up, validate: { unknownQuery: refuse, query: {} } }',
    );
    expect(fault).toMatch(/routes\.api\.validate\.unknownQuery: needs "openapi: true"/);
  });

  const started = (route: object, document = DOCUMENT) =>
    checking(document, route).then(
      () => 'started',
      (error: Error) => error.message.replace(/^\S+ {2}/, ''),
    );

  test('that reaches nothing of the document', async () => {
    expect(await started({ rewrite: '/nothing/*' })).toBe(
      'routes.api.validate: cannot be served: "openapi" has nothing to check by: no operation of the document can be reached by this match and rewrite',
    );
  });

  test('whose rewrite cannot be turned round', async () => {
    expect(await started({ rewrite: { regex: '^/api/(?P<all>.*)$', to: '/{all}' } })).toBe(
      'routes.api.validate: cannot be served: "openapi" has nothing to check by: its operations are not told: the rewrite is a regex',
    );
  });

  test.each([
    ['a pattern that could take long', { type: 'string', pattern: '^(?=a)(a+)+$' }, /pattern/],
    [
      'schemas in a circle',
      { $ref: '#/components/schemas/A' },
      /"#\/components\/schemas\/up_B" refers to itself/,
    ],
  ])('with %s', async (_what, schema, why) => {
    const document = documentOf(
      { 'GET /a': { parameters: [query('q', schema)] } },
      {
        A: { $ref: '#/components/schemas/B' },
        B: { allOf: [{ $ref: '#/components/schemas/A' }] },
      },
    );
    const message = await started({}, document);
    expect(message).toContain(
      'routes.api.validate: cannot be served: GET /api/a cannot be checked',
    );
    expect(message).toMatch(why);
  });
});

test('routes that answer by themselves have nothing to check, in defaults, too', async () => {
  const { fetch } = await startGateway({
    config: {
      defaults: { routes: { validate: { openapi: true } } },
      routes: { ping: { match: { path: '/ping' }, respond: { status: 200, body: {} } } },
    },
  });
  expect((await fetch('/ping?x=1')).status).toBe(200);
});

test('explain tells the operation, and what would refuse the request', async () => {
  const { gateway } = await start();
  const explain = (method: string, url: string) =>
    gateway.explain({ method, url, headers: [], address: '127.0.0.1' });
  const {
    plugins: [found],
  } = await explain('GET', '/api/orders/7');
  expect(found).toMatchObject({ plugin: 'validate', says: 'the operation GET /api/orders/{id}' });
  const {
    plugins: [posted],
  } = await explain('POST', '/api/orders');
  expect(posted).toMatchObject({ isCertain: false });
  const { outcome } = await explain('PUT', '/api/orders');
  expect(outcome).toMatchObject({ kind: 'refused', status: 405, by: 'validate' });
});
