/** What each edit makes of a value. */
import { describe, expect, test } from 'vitest';
import { compileEdits, editRequest, editResponse } from '../../../plugins/body/edits.ts';
import { Options } from '../../../plugins/body/options.ts';
import type { UpstreamRequest } from '../../../src/core/call.ts';

const compiled = (edits: object) => compileEdits(Options.parse({ request: edits }).request!);

function edited(text: string, edits: object): unknown {
  const value: unknown = JSON.parse(text);
  editResponse(value, compiled(edits));
  return value;
}

describe('remove', () => {
  test.each<readonly [string, string, string]>([
    ['{"a":1,"b":2}', 'a', '{"b":2}'],
    ['{"a":{"b":1,"c":2}}', 'a.b', '{"a":{"c":2}}'],
    ['{"items":[{"p":1,"q":2},{"p":3},4,null]}', 'items[].p', '{"items":[{"q":2},{},4,null]}'],
    ['[{"p":1},{"q":2}]', '[].p', '[{},{"q":2}]'],
    ['{"a":[1,2,3]}', 'a[]', '{"a":[]}'],
    ['{"a":{"x":{"s":1},"y":{"s":2,"t":3}}}', 'a.*.s', '{"a":{"x":{},"y":{"t":3}}}'],
    ['{"a":{"x":1}}', 'a.*', '{"a":{}}'],
    ['{"a.b":1,"a":{"b":2}}', '"a.b"', '{"a":{"b":2}}'],
    ['{"a":1}', 'a.b', '{"a":1}'],
    ['{"a":"text"}', 'a.length', '{"a":"text"}'],
    ['{"a":[1]}', 'a.length', '{"a":[1]}'],
    ['5', 'a', '5'],
    ['null', 'a.b', 'null'],
  ])('of %s takes away %s', (text, path, left) => {
    expect(edited(text, { remove: [path] })).toEqual(JSON.parse(left));
  });
});

describe('rename', () => {
  test.each<readonly [string, object, string]>([
    ['{"a":1}', { a: 'b' }, '{"b":1}'],
    ['{"a":1,"b":2}', { a: 'b' }, '{"b":1}'],
    ['{"u":{"n":"x"}}', { 'u.n': 'name' }, '{"u":{"name":"x"}}'],
    ['{"i":[{"n":1},{"m":2}]}', { 'i[].n': 'k' }, '{"i":[{"k":1},{"m":2}]}'],
    ['{"a":1}', { a: 'a' }, '{"a":1}'],
    ['{"b":1}', { a: 'b' }, '{"b":1}'],
    ['{"a":1}', { a: 'x.y' }, '{"x.y":1}'],
  ])('of %s by %j is %s', (text, rename, wanted) => {
    expect(edited(text, { rename })).toEqual(JSON.parse(wanted));
  });
});

describe('set', () => {
  test.each<readonly [string, object, string]>([
    ['{}', { a: 1 }, '{"a":1}'],
    ['{"a":5}', { a: { b: [true, null] } }, '{"a":{"b":[true,null]}}'],
    ['{}', { 'a.b.c': 'x' }, '{"a":{"b":{"c":"x"}}}'],
    ['{"a":null}', { 'a.b': 1 }, '{"a":{"b":1}}'],
    ['{"i":[{},{"c":"USD"}]}', { 'i[].c': 'EUR' }, '{"i":[{"c":"EUR"},{"c":"EUR"}]}'],
    ['{}', { 'i[].c': 1 }, '{}'],
    ['{"a":{"x":1,"y":2}}', { 'a.*': 0 }, '{"a":{"x":0,"y":0}}'],
    ['{"a":[1,2]}', { 'a[]': 0 }, '{"a":[0,0]}'],
    ['{"a":5}', { 'a.b': 1 }, '{"a":5}'],
    ['[1]', { a: 1 }, '[1]'],
  ])('in %s of %j makes %s', (text, set, wanted) => {
    expect(edited(text, { set })).toEqual(JSON.parse(wanted));
  });

  test('gives each place a value of its own, and leaves the config alone', () => {
    const edits = { set: { 'i[].a': { n: 0 }, 'i[].a.m': 1, x: { y: 1 }, 'x.z': 2 } };
    const both = compiled(edits);
    for (let i = 0; i < 2; i += 1) {
      const value = { i: [{}, {}] } as { readonly i: readonly Record<string, { n: number }>[] };
      editResponse(value, both);
      expect(value).toEqual({
        i: [{ a: { n: 0, m: 1 } }, { a: { n: 0, m: 1 } }],
        x: { y: 1, z: 2 },
      });
      value.i[0]!['a']!.n = 7;
      expect(value.i[1]!['a']!.n).toBe(0);
    }
    expect(both.set[0]![1]).toEqual({ n: 0 });
  });

  test.each([
    ['{"a":5}', 'a.b', 'a.b'],
    ['[1]', 'a', 'a'],
    ['"text"', 'a', 'a'],
    ['null', 'a', 'a'],
    ['{"i":{"0":{}}}', 'i[].c', 'i[].c'],
    ['{"i":[5]}', 'i[].c', 'i[].c'],
  ])('in a request %s cannot be got around: %s has no place', (text, path) => {
    const request = {} as UpstreamRequest;
    const edit = (): void =>
      editRequest(JSON.parse(text), compiled({ set: { [path]: 1 } }), request);
    expect(edit).toThrow(`the body must have room for ${path}`);
  });
});

test('removes, then renames, then sets, each in the order that is written', () => {
  const edits = { set: { a: 1 }, rename: { b: 'c', c: 'd' }, remove: ['a', 'd'] };
  expect(edited('{"a":0,"b":2,"d":4}', edits)).toEqual({ d: 2, a: 1 });
});
