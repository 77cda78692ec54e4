import { describe, expect, test } from 'vitest';
import { compileSchema, type Schema } from '../../plugins/validate/schema.ts';

const object = (properties: object, more: object = {}): Schema => ({
  type: 'object',
  properties,
  ...more,
});

describe('a schema is refused', () => {
  test.each([
    ['an unknown keyword', object({ a: { tpye: 'string' } }), 'unknown keyword: "tpye"'],
    ['an unknown type', object({ a: { type: 'strin' } }), '/properties/a/type'],
    ['an unknown format', object({ a: { type: 'string', format: 'emial' } }), 'emial'],
    ['a keyword of another type', object({ a: { type: 'string', minimum: 1 } }), 'minimum'],
    ['a reference to nothing', object({ a: { $ref: '#/$defs/none' } }), 'none'],
    ['another draft', { $schema: 'http://json-schema.org/draft-04/schema#' }, 'draft-04'],
    [
      'a pattern that needs backtracking',
      object({ a: { type: 'string', pattern: '(?=x)' } }),
      'RE2',
    ],
    [
      'the same in patternProperties',
      { type: 'object', patternProperties: { '(a)\\1': {} } },
      'RE2',
    ],
    ['a reference to itself', { $ref: '#' }, '"#" refers to itself'],
    [
      'the same by its $id',
      { $id: 'https://x.test/s', $ref: 'https://x.test/s#' },
      'refers to itself',
    ],
    [
      'a loop of two, far down',
      object(
        { a: { type: 'array', items: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/x' }] } } },
        {
          $defs: {
            x: { not: { $ref: '#y' } },
            z: { $anchor: 'y', allOf: [{ $ref: '#/$defs/x' }] },
          },
        },
      ),
      'refers to itself',
    ],
    ['$async', { $async: true, type: 'object' }, '$async'],
  ])('with %s', (_what, schema, fault) => {
    expect(() => compileSchema(schema, false)).toThrow(fault);
  });
});

describe('a value', () => {
  test('is checked by what an anchor names', () => {
    const schema = { $ref: '#count', $defs: { any: { $anchor: 'count', type: 'integer' } } };
    const validate = compileSchema(schema, false);
    expect([validate(1), validate('x')]).toEqual([
      [],
      [{ pointer: '', detail: 'must be integer' }],
    ]);
  });

  test('may be as deep as a schema that comes back to itself within it', () => {
    const node = object(
      { value: { type: 'integer' }, next: { $ref: '#/$defs/node' }, all: { $ref: '#/$defs/list' } },
      { additionalProperties: false },
    );
    const list = { type: 'array', items: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/node' }] } };
    const validate = compileSchema({ $ref: '#/$defs/node', $defs: { node, list } }, false);
    expect(validate({ value: 1, next: { all: [null, { value: 2 }] } })).toEqual([]);
    expect(validate({ next: { all: [{ value: 'x' }] } })).not.toEqual([]);
  });

  test('is told all that is wrong with it, by pointer', () => {
    const schema = object(
      { 'a/b': { type: 'integer' }, list: { type: 'array', items: { enum: [1, 2] } } },
      { required: ['toString', 'name'], additionalProperties: false },
    );
    const faults = compileSchema(schema, false)({ 'a/b': 'x', list: [1, 3], more: 1 });
    expect(faults).toEqual(
      expect.arrayContaining([
        { pointer: '/toString', detail: 'is required' },
        { pointer: '/name', detail: 'is required' },
        { pointer: '/more', detail: 'is not allowed' },
        { pointer: '/a~1b', detail: 'must be integer' },
        { pointer: '/list/1', detail: 'must be equal to one of the allowed values' },
      ]),
    );
    expect(faults).toHaveLength(5);
  });

  test('is told 20 faults at most, and one where it is large', () => {
    const validate = compileSchema({ type: 'array', items: { type: 'integer' } }, false);
    expect(validate(Array.from({ length: 100 }, () => 'x'))).toHaveLength(20);
    expect(validate(Array.from({ length: 100_000 }, () => 'x'))).toHaveLength(1);
  });

  test('of the draft that its $schema names', () => {
    const tuple = { type: 'array', minItems: 1, additionalItems: false };
    const draft7 = 'http://json-schema.org/draft-07/schema#';
    const seven = compileSchema({ $schema: draft7, ...tuple, items: [{ type: 'integer' }] }, false);
    expect([seven([1]), seven(['x'])].map(({ length }) => length)).toEqual([0, 1]);
    const latest = { type: 'array', minItems: 1, items: false, prefixItems: [{ type: 'integer' }] };
    expect(compileSchema(latest, false)(['x'])).toHaveLength(1);
    expect(() => compileSchema({ ...latest, $schema: draft7 }, false)).toThrow('prefixItems');
  });

  test('that came as text is what the schema takes it for', () => {
    const schema = object({
      limit: { type: 'integer', maximum: 100 },
      deep: { type: 'boolean' },
      tag: { type: 'array', items: { type: 'string' } },
    });
    const validate = compileSchema(schema, true);
    expect(validate({ limit: '10', deep: 'true', tag: 'one' })).toEqual([]);
    expect(validate({ limit: '101' })).toEqual([{ pointer: '/limit', detail: 'must be <= 100' }]);
    expect(validate({ limit: 'ten', deep: 'yes' })).toHaveLength(2);
  });

  test('two patterns are two, and match anywhere', () => {
    const text = (pattern: string) => ({ type: 'string', pattern });
    const validate = compileSchema(object({ a: text('^a+$'), b: text('b') }), false);
    expect(validate({ a: 'aa', b: 'xbx' })).toEqual([]);
    expect(validate({ a: 'b', b: 'a' })).toHaveLength(2);
  });

  test('has the same item twice, whatever the order of its keys', () => {
    const validate = compileSchema({ type: 'array', uniqueItems: true }, false);
    expect(
      validate([
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ]),
    ).toHaveLength(1);
    expect(validate([1, '1', null, [1], { a: 1 }, { a: 2 }])).toEqual([]);
  });
});

describe('takes no longer than its size, whatever is sent', () => {
  const FORMATS =
    'date time date-time duration uri uri-reference email hostname ipv4 ipv6 uuid json-pointer';
  const hostile = [
    'a',
    '.',
    'a.',
    '1:',
    '/',
    '%',
    '-',
    '0',
    'a@',
    'P1',
    '::',
    '~0',
    '/~1',
    'http://',
  ];

  test.each(FORMATS.split(' '))('format %s', (format) => {
    const validate = compileSchema({ type: 'string', format }, false);
    const before = performance.now();
    for (const each of hostile) {
      validate(each.repeat(50_000));
      validate(`http://${each.repeat(50_000)}!`);
      validate(`a@${each.repeat(50_000)}!`);
    }
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  test.each([
    ['pattern', { type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(100_000)}!`],
    [
      'uniqueItems',
      { type: 'array', uniqueItems: true },
      Array.from({ length: 100_000 }, (_, i) => ({ a: i })),
    ],
  ])('%s', (_what, schema, value) => {
    const before = performance.now();
    compileSchema(schema, false)(value);
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});
