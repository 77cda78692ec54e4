/** Pairs of JSON texts, and how they differ. */
import type { DifferenceKind } from '../../../src/routes/mirror/differ.ts';

export interface DifferCase {
  readonly rule: string;
  readonly first: string;
  readonly second: string;
  readonly ignore?: readonly string[];
  readonly tolerance?: Readonly<Record<string, number>>;
  readonly unordered?: readonly string[];
  readonly dates?: readonly string[];
  /** Path and kind; none: they are the same. */
  readonly found: readonly (readonly [path: string, kind: DifferenceKind])[];
}

export const CASES: readonly DifferCase[] = [
  { rule: 'equal objects', first: '{"a":1,"b":[1,2]}', second: '{"b":[1,2],"a":1}', found: [] },
  { rule: 'a value', first: '{"a":{"b":1}}', second: '{"a":{"b":2}}', found: [['a.b', 'value']] },
  { rule: 'a field that is missing', first: '{"a":1}', second: '{}', found: [['a', 'missing']] },
  { rule: 'a field more', first: '{}', second: '{"a":null}', found: [['a', 'extra']] },
  { rule: 'null is not absent', first: '{"a":null}', second: '{}', found: [['a', 'missing']] },
  { rule: 'types', first: '{"a":1}', second: '{"a":"1"}', found: [['a', 'type']] },
  { rule: 'a list is no object', first: '{"a":[]}', second: '{"a":{}}', found: [['a', 'type']] },
  { rule: 'null is a type', first: '[null]', second: '[{}]', found: [['[0]', 'type']] },
  { rule: 'booleans', first: 'true', second: 'false', found: [['', 'value']] },
  { rule: 'texts', first: '"a"', second: '"A"', found: [['', 'value']] },
  {
    rule: 'lists of another length',
    first: '{"l":[1,2,3]}',
    second: '{"l":[1]}',
    found: [
      ['l[1]', 'missing'],
      ['l[2]', 'missing'],
    ],
  },
  { rule: 'order', first: '[1,2]', second: '[2,1]', found: [['[0]', 'value'], ['[1]', 'value']] }, // prettier-ignore
  // Numbers
  { rule: 'one number, written twice', first: '[1.0,1e2,-0]', second: '[1,100,0]', found: [] },
  {
    rule: 'digits past 2^53',
    first: '{"id":9007199254740993}',
    second: '{"id":9007199254740992}',
    found: [['id', 'value']],
  },
  { rule: 'numbers too large', first: '[1e400]', second: '[1e401]', found: [['[0]', 'value']] },
  { rule: '15 digits', first: '[123456789012345]', second: '[123456789012344]', found: [['[0]', 'value']] }, // prettier-ignore
  { rule: '16 digits', first: '[0.1234567890123451]', second: '[0.1234567890123452]', found: [['[0]', 'value']] }, // prettier-ignore
  { rule: 'a raw number and a plain one', first: '[1.10,10e0]', second: '[1.1,10]', found: [] },
  { rule: 'raw numbers', first: '[1e400]', second: '[10e399]', found: [] },
  {
    rule: 'a tolerance, and where it ends',
    first: '{"a":1.00,"b":0.1}',
    second: '{"a":1.01,"b":0.3001}',
    tolerance: { a: 0.01, b: 0.2 },
    found: [['b', 'value']],
  },
  {
    rule: 'a tolerance is for numbers alone',
    first: '{"a":1}',
    second: '{"a":"1"}',
    tolerance: { a: 5 },
    found: [['a', 'type']],
  },
  {
    rule: 'a tolerance does not hide what is infinite',
    first: '[1e400]',
    second: '[5]',
    tolerance: { '[]': 10 },
    found: [['[0]', 'value']],
  },
  // Places
  {
    rule: 'an ignored field, everywhere in a list',
    first: '{"items":[{"id":1,"ts":1},{"id":2,"ts":2}]}',
    second: '{"items":[{"id":1,"ts":9},{"id":2}]}',
    ignore: ['items[].ts'],
    found: [],
  },
  {
    rule: 'an ignored field that is extra',
    first: '{}',
    second: '{"a":1}',
    ignore: ['a'],
    found: [],
  },
  {
    rule: 'any name',
    first: '{"prices":{"eur":{"at":1,"v":1},"usd":{"at":2,"v":1}}}',
    second: '{"prices":{"eur":{"at":3,"v":1},"usd":{"at":4,"v":2}}}',
    ignore: ['prices.*.at'],
    found: [['prices.usd.v', 'value']],
  },
  {
    rule: 'a name and any name at once',
    first: '{"a":{"x":1,"y":1},"b":{"x":1,"y":1}}',
    second: '{"a":{"x":2,"y":2},"b":{"x":2,"y":2}}',
    ignore: ['a.x', '*.y'],
    found: [['b.x', 'value']],
  },
  { rule: 'lists in lists', first: '[[1],[2]]', second: '[[3],[4]]', ignore: ['[][]'], found: [] },
  {
    rule: 'names that must be quoted',
    first: '{"a.b":{"c d":1}}',
    second: '{"a.b":{"c d":2}}',
    found: [['"a.b"."c d"', 'value']],
  },
  { rule: 'a quoted path', first: '{"a.b":1}', second: '{"a.b":2}', ignore: ['"a.b"'], found: [] },
  // Order
  {
    rule: 'a list in any order',
    first: '{"t":["a","b","b"]}',
    second: '{"t":["b","a","b"]}',
    unordered: ['t[]'],
    found: [],
  },
  {
    rule: 'how often a member occurs',
    first: '{"t":["a","b","b"]}',
    second: '{"t":["b","a","a"]}',
    unordered: ['t[]'],
    found: [['t[2]', 'value']],
  },
  {
    rule: 'only the members that differ, in any order',
    first: '{"t":[{"id":1,"v":1},{"id":2,"v":2},{"id":3,"v":3}]}',
    second: '{"t":[{"id":3,"v":3},{"id":2,"v":9},{"id":1,"v":1}]}',
    unordered: ['t[]'],
    found: [['t[1].v', 'value']],
  },
  {
    rule: 'in any order, without what is ignored',
    first: '[{"id":1,"ts":1},{"id":2,"ts":2}]',
    second: '[{"id":2,"ts":7},{"ts":8,"id":1}]',
    unordered: ['[]'],
    ignore: ['[].ts'],
    found: [],
  },
  {
    rule: 'an extra member, in any order',
    first: '{"t":[2]}',
    second: '{"t":[1,2]}',
    unordered: ['t[]'],
    found: [['t[0]', 'extra']],
  },
  {
    rule: 'lists in any order within one in any order',
    first: '{"t":[{"l":[1,2]},{"l":[3,4]}]}',
    second: '{"t":[{"l":[4,3]},{"l":[2,1]}]}',
    unordered: ['t[]', 't[].l[]'],
    found: [],
  },
  // Dates
  {
    rule: 'one moment, written twice',
    first: '{"at":"2026-12-01T10:00:00Z"}',
    second: '{"at":"2026-12-01T12:00:00.000+02:00"}',
    dates: ['at'],
    found: [],
  },
  {
    rule: 'two moments',
    first: '{"at":"2026-12-01T10:00:00Z"}',
    second: '{"at":"2026-12-01T10:00:00.001Z"}',
    dates: ['at'],
    found: [['at', 'value']],
  },
  {
    rule: 'a text that is no moment is a text',
    first: '{"at":"soon"}',
    second: '{"at":"later"}',
    dates: ['at'],
    found: [['at', 'value']],
  },
  // Hostile
  {
    rule: 'names of the prototype are fields like others',
    first: '{"toString":1,"hasOwnProperty":2}',
    second: '{}',
    found: [
      ['toString', 'missing'],
      ['hasOwnProperty', 'missing'],
    ],
  },
  { rule: 'the last of equal keys', first: '{"a":1,"a":2}', second: '{"a":2}', found: [] },
  { rule: 'a prototype is not read', first: '{"__proto__":{"a":1}}', second: '{}', found: [] },
];
