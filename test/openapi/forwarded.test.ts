/** What a document tells of routes that forward. */
import { describe, expect, test } from 'vitest';
import { answering, api, forwarding, told } from './documented.ts';

const THING = answering({ type: 'string' });
const idIn = (name: string, schema: object = { type: 'integer' }): object => ({
  name,
  in: 'path',
  required: true,
  schema,
});
const FILES = {
  'api.json': api({
    '/things': { get: THING, post: THING, head: THING },
    '/things/{id}': { get: { ...THING, parameters: [idIn('id')] } },
    '/things/{id}/parts/{part}': { get: THING },
    '/things/special': { get: THING },
    '/files/{name}.json': { get: THING },
    '/other': { get: THING },
    '/secret': { 'x-internal': true, get: THING },
    '/': { get: THING },
  }),
};
const operationsOf = async (route: object) => (await told(forwarding(route), FILES)).operations;

describe('a forwarded route', () => {
  test.each([
    [
      'a prefix for a prefix',
      { match: { path: '/api/*', methods: ['GET'] }, rewrite: '/things/*' },
      ['/api', '/api/{id}', '/api/{id}/parts/{part}', '/api/special'],
    ],
    [
      'the same paths',
      { match: { path: '/things/*', methods: ['GET'] } },
      ['/things', '/things/{id}', '/things/{id}/parts/{part}', '/things/special'],
    ],
    [
      'a prefix taken away',
      { match: { path: '/v1/*', methods: ['GET'] }, rewrite: '/*' },
      [
        '/v1/things',
        '/v1/things/{id}',
        '/v1/things/{id}/parts/{part}',
        '/v1/things/special',
        '/v1/files/{name}.json',
        '/v1/other',
        '/v1',
      ],
    ],
    [
      'one path, with its parameter under another name',
      { match: { path: '/t/{key}', methods: ['GET'] }, rewrite: '/things/{key}' },
      ['/t/{key}', '/t/special'],
    ],
    [
      'a fixed text in place of a parameter',
      { match: { path: '/mine', methods: ['GET'] }, rewrite: '/things/42' },
      ['/mine'],
    ],
    [
      'a parameter within a segment',
      { match: { path: '/f/{f}', methods: ['GET'] }, rewrite: '/files/{f}' },
      ['/f/{name}.json'],
    ],
    [
      'a parameter of the prefix, and the same name below it',
      { match: { path: '/x/{id}/*', methods: ['GET'] }, rewrite: '/things/*' },
      ['/x/{id}', '/x/{id}/{id_2}', '/x/{id}/{id_2}/parts/{part}', '/x/{id}/special'],
    ],
  ])('%s', async (_name, route, paths) => {
    const got = (await operationsOf(route)).filter((each) => each.startsWith('GET'));
    expect(got).toEqual(paths.map((path) => `GET ${path}`));
  });

  test('has the methods that its match admits, HEAD with GET', async () => {
    const only = (...methods: string[]) =>
      operationsOf({ match: { path: '/things', methods }, rewrite: '/things' });
    expect(await only('POST')).toEqual(['POST /things']);
    expect(await only('GET')).toEqual(['GET /things', 'HEAD /things']);
  });

  test('keeps what the upstream says of a parameter that got another name', async () => {
    const { operation } = await told(
      forwarding({ match: { path: '/t/{key}' }, rewrite: '/things/{key}' }),
      FILES,
    );
    expect(operation('GET /t/{key}').parameters).toEqual([idIn('key')]);
  });

  test('whose rewrite is a regex is told by its match, with a warning', async () => {
    const { operations, operation, warnings } = await told(
      forwarding({
        match: { path: '/api/*', methods: ['GET', 'POST'] },
        rewrite: { regex: '/api/(?P<all>.*)', to: '/{all}' },
      }),
      FILES,
    );
    expect(operations).toEqual(['GET /api/{path}', 'POST /api/{path}']);
    expect(warnings).toEqual(['shop: its operations are not told: the rewrite is a regex']);
    expect(operation('GET /api/{path}').responses['default']?.content).toEqual({
      '*/*': { schema: {} },
    });
  });

  test('tells the operations that docs.only names, and its tag', async () => {
    const docs = { only: ['/things', 'GET /other'], tag: 'Things', deprecated: true };
    const route = { match: { path: '/*' }, docs };
    const { operations, operation } = await told(forwarding(route), FILES);
    expect(operations).toEqual(['GET /things', 'POST /things', 'HEAD /things', 'GET /other']);
    expect(operation('GET /other')).toMatchObject({ tags: ['Things'], deprecated: true });
  });

  test('whose docs.only names what its upstream does not have is refused', async () => {
    const route = { match: { path: '/*' }, docs: { only: ['/thing', 'POST /other', '/other'] } };
    await expect(told(forwarding(route), FILES)).rejects.toMatchObject({
      faults: [
        {
          path: 'routes.shop.docs.only[0]',
          message: 'the document of "up" has no "/thing"; did you mean "/things"?',
        },
        {
          path: 'routes.shop.docs.only[1]',
          message: 'the document of "up" has no "POST /other"; did you mean "GET /other"?',
        },
      ],
    });
  });

  test('is not told with docs: false, nor what another route takes', async () => {
    const { operations } = await told(
      {
        upstreams: { up: { targets: ['http://up:1'], openapi: 'api.json' } },
        routes: {
          all: {
            match: { path: '/*', methods: ['GET'] },
            upstream: 'up',
            docs: { only: ['/other', '/things/{id}'] },
          },
          taken: { match: { path: '/other' }, respond: { status: 204 }, docs: false },
        },
      },
      FILES,
    );
    expect(operations).toEqual(['GET /things/{id}']);
  });

  test('needs what its match needs', async () => {
    const match = { path: '/other', headers: { 'x-beta': '1' }, query: { q: { present: true } } };
    const { operation } = await told(forwarding({ match }), FILES);
    expect(operation('GET /other').parameters).toEqual([
      { name: 'x-beta', in: 'header', required: true, schema: { type: 'string', const: '1' } },
      { name: 'q', in: 'query', required: true, schema: { type: 'string' } },
    ]);
  });

  test('tells no address, no extension and no example of its upstream', async () => {
    const { document } = await told(forwarding({ match: { path: '/*' } }), {
      'api.json': api({
        '/a': {
          get: {
            ...answering({ type: 'string', example: 'tok_1', 'x-table': 'users' }),
            servers: [{ url: 'http://10.1.2.3:81' }],
            description: 'Runs on 10.1.2.3:81, at http://10.1.2.3:81/a',
            'x-owner': 'team',
            externalDocs: { url: 'http://wiki' },
            security: [{ internal: [] }],
          },
        },
      }),
    });
    expect(JSON.stringify(document)).not.toMatch(/10\.1\.2\.3|tok_1|users|team|wiki|internal/);
  });

  test('gives schemas the name of their upstream, and equal ones one name', async () => {
    const error = { Error: { type: 'object' }, Own: { type: 'string' } };
    const paths = (name: string) => ({
      [`/${name}`]: {
        get: answering({
          anyOf: ['Error', 'Own'].map((each) => ({ $ref: `#/components/schemas/${each}` })),
        }),
      },
    });
    const { document } = await told(
      {
        upstreams: Object.fromEntries(
          ['a', 'b'].map((name) => [
            name,
            { targets: [`http://${name}:1`], openapi: `${name}.json` },
          ]),
        ),
        routes: Object.fromEntries(
          ['a', 'b'].map((name) => [name, { match: { path: `/${name}` }, upstream: name }]),
        ),
      },
      {
        'a.json': api(paths('a'), { schemas: error }),
        'b.json': api(paths('b'), { schemas: { ...error, Own: { type: 'integer' } } }),
      },
    );
    expect(Object.keys(document.components.schemas)).toEqual([
      'Problem',
      'a_Error',
      'a_Own',
      'b_Own',
    ]);
    expect(JSON.stringify(document.paths['/b'])).toContain('#/components/schemas/a_Error');
  });

  test('of a split has what any side may answer', async () => {
    const side = (name: string) => ({ targets: [`http://${name}:1`], openapi: `${name}.json` });
    const { operation } = await told(
      {
        upstreams: { a: side('a'), b: side('b') },
        routes: {
          s: { match: { path: '/a' }, split: [{ upstream: 'a' }, { upstream: 'b', weight: 5 }] },
        },
      },
      {
        'a.json': api({ '/a': { get: answering({ type: 'string' }) } }),
        'b.json': api({ '/a': { get: answering({ type: 'integer' }) } }),
      },
    );
    expect(operation('GET /a').responses['200']?.content).toEqual({
      'application/json': { schema: { anyOf: [{ type: 'string' }, { type: 'integer' }] } },
    });
  });

  test('has the answer of its fallback', async () => {
    const fallback = { on: ['5xx'], respond: { status: 203, body: { items: [] } } };
    const { operation } = await told(forwarding({ match: { path: '/other' }, fallback }), FILES);
    expect(operation('GET /other').responses['203']?.content).toEqual({
      'application/json': { schema: { const: { items: [] } } },
    });
  });
});
