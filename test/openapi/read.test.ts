/** Reading the OpenAPI documents of upstreams. */
import { describe, expect, test } from 'vitest';
import { readOpenapi } from '../../src/config/openapi/read.ts';
import { configOf, faultsOf, folderOf, load } from '../config/config-files.ts';

const read = (text: string) => readOpenapi({ file: '/api.yaml', name: 'api.yaml', text });

const withPaths = (paths: string, version = '3.1.0'): string =>
  `openapi: ${version}\ninfo: { title: t, version: '1' }\npaths:\n${paths}`;

/** A document whose one answer has this schema. */
const withSchema = (schema: string, more = '', version = '3.1.0'): string =>
  withPaths(
    `  /a: { get: { responses: { '200': { description: d, content: { application/json: { schema: ${schema} } } } } } }\n${more}`,
    version,
  );

const schemaOf = (text: string): unknown =>
  read(text).operations[0]!.responses['200']!.content['application/json']!.schema;

describe('the document of an upstream', () => {
  test('is read from a file beside the config, which is watched', async () => {
    const folder = folderOf({
      'c.yaml': 'version: 1\nupstreams: { a: { targets: [http://a:1], openapi: ./api.json } }',
      'api.json': '{"openapi":"3.0.3","info":{},"paths":{"/p/{id}":{"get":{"responses":{}}}}}',
    });
    const { config } = await load(`${folder}/c.yaml`, {});
    const { openapi } = config.upstreams['a']!;
    expect(openapi?.operations.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /p/{id}',
    ]);
    expect(config.files).toContain(`${folder}/api.json`);
    expect(Object.isFrozen(openapi?.operations[0]!.parameters)).toBe(true);
  });

  test('is absent where none is named', async () => {
    const { upstreams } = await configOf('version: 1\nupstreams: { a: { targets: [http://a:1] } }');
    expect('openapi' in upstreams['a']!).toBe(false);
  });

  test.each([
    ['a: [', '1:5: Flow sequence in block collection must be sufficiently indented'],
    ['{ "openapi": ', '1:14: '],
    ['- a', '1:1: is not an OpenAPI document: expected a map'],
    ['paths: {}', '1:1: has no "openapi": is it an OpenAPI document?'],
    ['\nswagger: "2.0"', '2:10: is Swagger 2.0: convert it to OpenAPI 3.0 or 3.1'],
    ['openapi: 3.2.0', '1:10: is OpenAPI "3.2.0": 3.0 and 3.1 are read'],
    [withPaths('  a: {}'), '4:6: the path "a" must start with /'],
    [withPaths('  /{a: {}'), '4:8: the path "/{a" has a brace without its other half'],
    [withPaths('  /{a}/{a}: {}'), '4:13: the path "/{a}/{a}" has the parameter {a} twice'],
    [withPaths('  /a: { get: [] }'), '4:14: expected an operation, a map'],
    [withSchema('{ type: text }'), '"text" is not a type: use string, number'],
    [withSchema('{ type: object, required: true }'), 'expected a list of names'],
    [withSchema('[]'), 'expected a schema, a map'],
    [withSchema('{ $id: x }'), '"$id" is not supported'],
    [
      withSchema("{ $ref: '#/components/schemas/B' }"),
      '4:101: there is no "#/components/schemas/B" in the document',
    ],
    [withSchema('{ $ref: ./b.yaml }'), '"./b.yaml" leads out of the document: bundle it'],
    [
      withPaths("  /a: { $ref: '#/paths/~1b' }\n  /b: { $ref: '#/paths/~1a' }"),
      '4:7: refers to itself',
    ],
    [withPaths('  /a: { get: { responses: { OK: {} } } }'), '"OK" is not a status: use 200'],
    [withPaths('  /a: { get: { parameters: [{ in: query }] } }'), '4:29: has no "name"'],
    [withPaths('  /a: { get: { parameters: [{ name: b, in: body }] } }'), 'needs an "in": path'],
    [
      withPaths('  /a: { get: { parameters: [{ name: b, in: path, style: form }] } }'),
      'is no style for path',
    ],
  ])('with %j is refused at its line', (text, message) => {
    expect(() => read(text)).toThrow(`api.yaml:`);
    expect(() => read(text)).toThrow(message);
  });

  test('that is wrong is a fault of the config, with the place in both', async () => {
    const faults = await faultsOf({
      'c.yaml': 'version: 1\nupstreams:\n  a: { targets: [http://a:1], openapi: api.yaml }',
      'api.yaml': withPaths('  /a: { get: [] }'),
    });
    expect(faults).toEqual([
      'c.yaml:3:40  upstreams.a.openapi: api.yaml:4:14: expected an operation, a map',
    ]);
  });

  test('that is missing is a fault of the config', async () => {
    const text = 'version: 1\nupstreams:\n  a: { targets: [http://a:1], openapi: no.yaml }';
    expect(await faultsOf(text)).toEqual([
      'c.yaml:3:40  upstreams.a.openapi: there is no file "no.yaml"',
    ]);
  });

  test('that expands itself is refused', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `  x${i + 1}: &x${i + 1} [*x${i}, *x${i}]`);
    const text = `openapi: 3.1.0\nx:\n  x0: &x0 [1, 2]\n${lines.join('\n')}`;
    expect(() => read(text)).toThrow(/api\.yaml:1:1: cannot be read: Excessive alias count/);
  });

  test('that is nested without end is refused, as YAML and as JSON', () => {
    expect(() => read('['.repeat(100_000))).toThrow('api.yaml:');
    const deep = `${'{"not":'.repeat(200)}{}${'}'.repeat(200)}`;
    expect(() => read(withSchema(deep))).toThrow('is nested too deeply');
  });
});

describe('an operation', () => {
  test('has the path of the server before its own', () => {
    const text = `servers: [{ url: 'https://{host}.test/v{n}/', variables: { n: { default: '2' }, host: { default: a } } }]\n${withPaths(
      '  /a: { get: { responses: {} } }\n  /b: { servers: [{ url: / }], get: { responses: {} } }',
    )}`;
    expect(read(text).operations.map(({ path }) => path)).toEqual(['/v2/a', '/b']);
  });

  test('has the parameters of its path, its own instead of those, and each that the path names', () => {
    const text = withPaths(
      `  /{a}/{b}:
    parameters:
      - { name: a, in: path, schema: { type: integer } }
      - { name: q, in: query, schema: { type: integer } }
      - { name: Authorization, in: header, schema: {} }
      - { name: secret, in: query, x-internal: true, schema: {} }
    get: { parameters: [{ name: q, in: query, required: true, schema: { type: boolean } }], responses: {} }`,
    );
    const { parameters } = read(text).operations[0]!;
    expect(parameters.map(({ name, schema }) => [name, schema])).toEqual([
      ['b', { type: 'string' }],
      ['a', { type: 'integer' }],
      ['q', { type: 'boolean' }],
    ]);
  });
});

describe('a schema', () => {
  test('keeps keywords of JSON Schema, and neither examples nor extensions', () => {
    const schema = `{ type: string, minLength: 1, example: tok_live_1, examples: [b], x-db: users.name, xml: {}, $comment: c, externalDocs: { url: http://wiki.internal } }`;
    expect(schemaOf(withSchema(schema))).toEqual({ type: 'string', minLength: 1 });
  });

  test('of OpenAPI 3.0 becomes one of 3.1', () => {
    const old = (schema: string): unknown => schemaOf(withSchema(schema, '', '3.0.3'));
    expect(old('{ type: string, nullable: true }')).toEqual({ type: ['string', 'null'] });
    expect(
      old('{ minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false }'),
    ).toEqual({
      exclusiveMinimum: 1,
      maximum: 9,
    });
    const reference = "{ $ref: '#/components/schemas/A', description: ignored }";
    expect(schemaOf(withSchema(reference, 'components: { schemas: { A: {} } }', '3.0.3'))).toEqual({
      $ref: '#/components/schemas/A',
    });
  });

  test('may refer to itself, and to any place in the document', () => {
    const { schemas } = read(
      withSchema(
        "{ $ref: '#/components/schemas/Tree' }",
        `components:
  schemas:
    Tree:
      properties:
        children: { type: array, items: { $ref: '#/components/schemas/Tree' } }
        name: { $ref: '#/paths/~1a/get/responses/200/content/application~1json/schema' }`,
      ),
    );
    expect(Object.keys(schemas)).toEqual([
      'Tree',
      'paths_a_get_responses_200_content_application_json_schema',
    ]);
    expect(JSON.stringify(schemas)).toContain('"items":{"$ref":"#/components/schemas/Tree"}');
  });

  test('may have any name, __proto__ too', () => {
    const text = withSchema(
      "{ $ref: '#/components/schemas/__proto__' }",
      'components: { schemas: { __proto__: { type: string } } }',
    );
    const { schemas } = read(text);
    expect(Object.entries(schemas)).toEqual([['__proto__', { type: 'string' }]]);
  });
});
