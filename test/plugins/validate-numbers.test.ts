import { describe, expect, test } from 'vitest';
import { LostDigits } from '../../plugins/validate/lost-digits.ts';
import { compileSchema, type Schema } from '../../plugins/validate/schema.ts';
import { parseRequestJson } from '../../src/core/json.ts';

/** What a schema says of a body, as text. */
function faultsOf(schema: Schema, text: string): readonly string[] {
  const lost = new LostDigits();
  const value = parseRequestJson(Buffer.from(text), lost.read);
  const faults = compileSchema(schema, false)(value, lost.isEmpty ? undefined : lost);
  return faults.map(({ pointer, detail }) => `${pointer} ${detail}`);
}

const WHY = 'has more digits than can be compared exactly';
const SNOWFLAKE = '7615917337495251231';

describe('a number that JavaScript cannot hold', () => {
  test.each<readonly [Schema, string]>([
    [{ type: 'integer' }, SNOWFLAKE],
    [{ type: 'integer', format: 'int64' }, SNOWFLAKE],
    [{ type: 'integer', format: 'int64' }, '9223372036854775807'],
    [{ type: 'integer', format: 'int64' }, '-9223372036854775808'],
    [{ type: 'number' }, '1e400'],
    [{ type: 'number' }, '0.12345678901234567890123'],
    [{ type: 'integer' }, '1e400'],
    [{ type: 'integer' }, '90071992547409930.0'],
    [{ uniqueItems: true, type: 'array' }, `[${SNOWFLAKE},7615917337495251232]`],
    [{ uniqueItems: true, type: 'array' }, `[{"a":[9007199254740993]},{"a":[9007199254740992]}]`],
  ])('is what it says where nothing is computed with it: %j, %s', (schema, text) => {
    expect(faultsOf(schema, text)).toEqual([]);
  });

  test.each<readonly [Schema, string]>([
    [{ type: 'integer', format: 'int64' }, '9223372036854775808'],
    [{ type: 'integer', format: 'int32' }, SNOWFLAKE],
    [{ type: 'integer' }, '9007199254740993.5'],
    [{ type: 'integer' }, '1.00000000000000000001'],
    [{ type: 'integer' }, '1e-400'],
    [{ type: 'string' }, '1e400'],
    [{ uniqueItems: true, type: 'array' }, `[${SNOWFLAKE},7615917337495251231.0]`],
  ])('is not what it is not: %j, %s', (schema, text) => {
    expect(faultsOf(schema, text)).toHaveLength(1);
    expect(faultsOf(schema, text)[0]).not.toContain(WHY);
  });

  test.each<readonly [Schema, string]>([
    [{ type: 'integer', maximum: 9_007_199_254_740_992 }, '9007199254740993'],
    [{ type: 'integer', minimum: 0 }, SNOWFLAKE],
    [{ type: 'number', exclusiveMaximum: 1 }, '0.99999999999999999999'],
    [{ type: 'number', exclusiveMinimum: 0 }, '1e-400'],
    [{ type: 'number', maximum: 1e308 }, '1e400'],
    [{ type: 'integer', multipleOf: 2 }, '9007199254740993'],
    [{ enum: [9_007_199_254_740_992] }, '9007199254740993'],
    [{ const: 9_007_199_254_740_992 }, '9007199254740993'],
    [{ not: { type: 'integer', maximum: 5 } }, SNOWFLAKE],
    [{ anyOf: [{ type: 'integer', maximum: 5 }, { type: 'number' }] }, SNOWFLAKE],
    [{ enum: [{ a: [9_007_199_254_740_992] }] }, '{"a":[9007199254740993]}'],
  ])('is refused with the reason where something is: %j, %s', (schema, text) => {
    expect(faultsOf(schema, text)).toEqual([` ${WHY}`]);
  });

  test('is told by where it is, once, and the others are checked as ever', () => {
    const id = { type: 'integer', minimum: 0, maximum: 1e15 };
    const schema = {
      type: 'object',
      properties: { ids: { type: 'array', items: { $ref: '#/$defs/id' } }, n: id },
      $defs: { id },
    };
    expect(faultsOf(schema, `{"ids":[1,${SNOWFLAKE}],"n":5}`)).toEqual([`/ids/1 ${WHY}`]);
    expect(faultsOf(schema, `{"ids":[1,2.50],"n":${SNOWFLAKE.slice(0, 15)}}`)).toEqual([
      '/ids/1 must be integer',
    ]);
    expect(faultsOf(schema, '{"ids":[1,1E2,-0],"n":1.0}')).toEqual([]);
  });
});

describe('a text', () => {
  const validate = (type: unknown, v: string | string[], more: object = {}) => {
    const schema = { type: 'object', properties: { v: { type, ...more } } };
    return compileSchema(schema, true)({ v }).map(({ detail }) => detail);
  };

  test.each(['0', '-0', '5', '-17', '9007199254740991', SNOWFLAKE])(
    '%s is a whole number',
    (text) => {
      expect(validate('integer', text)).toEqual([]);
    },
  );

  test.each(
    '|+5|05|-05|5.0|1e2|0x10|0b1|0o7| 5|5 |Infinity|-Infinity|NaN|1e999|٣|5n|1_000|--5|true|null'.split(
      '|',
    ),
  )('"%s" is none', (text) => {
    expect(validate('integer', text)).toEqual(['must be integer']);
  });

  test.each(['0', '-0.5', '1e2', '1E+2', '0.1000', '1e-400'])('%s is a number', (text) => {
    expect(validate('number', text)).toEqual([]);
  });

  test.each(['', '.5', '5.', '+1', '01', '1e', '0x1', 'Infinity', '1e999', '-1e999', ' 1'])(
    '"%s" is no number',
    (text) => {
      expect(validate('number', text)).toEqual(['must be number']);
    },
  );

  test.each([
    ['boolean', 'true', []],
    ['boolean', 'false', []],
    ['boolean', '1', ['must be boolean']],
    ['boolean', 'TRUE', ['must be boolean']],
    ['boolean', '', ['must be boolean']],
    ['null', '', []],
    ['null', 'null', ['must be null']],
    ['string', '5', []],
    [['integer', 'null'], '', []],
    [['integer', 'string'], 'x', []],
    ['array', 'x', []],
    ['object', '{}', ['must be object']],
    ['integer', ['1', '2'], ['must be integer']],
  ])('for %j: %j is told %j', (type, text, expected) => {
    expect(validate(type, text)).toEqual(expected);
  });

  test('of a list is what its members are', () => {
    const items = { items: { type: 'integer', maximum: 9 } };
    expect(validate('array', ['1', '9'], items)).toEqual([]);
    expect(validate('array', '9', items)).toEqual([]);
    expect(validate('array', ['1', '0x1'], items)).toEqual(['must be integer']);
    expect(validate('array', ['10'], items)).toEqual(['must be <= 9']);
  });

  test('is compared only where it is exact', () => {
    expect(validate('integer', SNOWFLAKE, { maximum: 9 })).toEqual([WHY]);
    expect(validate('integer', '100', { maximum: 100 })).toEqual([]);
    expect(validate('integer', '101', { maximum: 100 })).toEqual(['must be <= 100']);
  });

  test.each<readonly [string, Schema]>([
    ['a reference', { properties: { v: { $ref: '#/$defs/n' } } }],
    ['a choice', { anyOf: [{ properties: { v: { $ref: '#/$defs/n' } } }] }],
    ['a pattern', { patternProperties: { '^v': { $ref: '#/$defs/n' } } }],
    ['what holds for all others', { additionalProperties: { $ref: '#/$defs/n' } }],
    [
      'a choice with a text',
      { properties: { v: { anyOf: [{ $ref: '#/$defs/n' }, { type: 'string', enum: ['all'] }] } } },
    ],
  ])('is found through %s', (_what, own) => {
    const schema = { type: 'object', ...own, $defs: { n: { type: 'integer', maximum: 9 } } };
    const check = compileSchema(schema, true);
    expect(check({ v: '9' })).toEqual([]);
    expect(check({ v: '10' })).not.toEqual([]);
    expect(check({ v: '0x1' })).not.toEqual([]);
  });

  test('stays what the upstream is sent', () => {
    const texts = { v: '5' };
    compileSchema({ type: 'object', properties: { v: { type: 'integer' } } }, true)(texts);
    expect(texts).toEqual({ v: '5' });
  });
});
