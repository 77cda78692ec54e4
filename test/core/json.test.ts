import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson, parseRequestJson, readJson } from '../../src/core/json.ts';

const parse = (text: string): unknown => parseJson(Buffer.from(text));

/** Every key at any depth, own ones only. */
function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Reflect.ownKeys(value).flatMap((key) => [
    String(key),
    ...keysOf((value as Record<PropertyKey, unknown>)[key]),
  ]);
}

describe('JSON of an upstream', () => {
  test.each([
    ['a key __proto__', '{"__proto__":{"admin":true},"a":1}'],
    ['an escaped one', String.raw`{"__proto\u005f_":{"admin":true},"a":1}`],
    [
      'one that is escaped whole',
      String.raw`{"\u005f\u005fproto\u005f\u005f":{"admin":true},"a":1}`,
    ],
    ['a constructor', '{"constructor":{"prototype":{"admin":true}},"a":1}'],
    ['a prototype', '{"prototype":{"admin":true},"a":1}'],
  ])('loses %s', (_what, text) => {
    const value = parse(text) as Record<string, unknown>;
    expect(keysOf(value)).toEqual(['a']);
    expect(value['admin']).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test('loses them at any depth, in arrays too', () => {
    const value = parse('{"a":[{"b":{"__proto__":{"admin":true}}},{"constructor":1}]}');
    expect(value).toEqual({ a: [{ b: {} }, {}] });
  });

  test('keeps such words where they are values', () => {
    const text = '{"what":"constructor","why":"__proto__"}';
    expect(parse(text)).toEqual({ what: 'constructor', why: '__proto__' });
  });

  test.each([
    ['one that a later one hides', '{"a":{"__proto__":1},"a":2}', undefined],
    ['one with space before its colon', '{"constructor" \n:1}', undefined],
    ['none, but escapes', String.raw`{"\u00e9":["__proto__","\":"]}`, 'itself'],
  ])('keeps its bytes unless a key is dangerous: %s', (_what, text, kept) => {
    expect(readJson(Buffer.from(text)).bytes?.toString()).toBe(kept && text);
  });

  test('does not keep bytes that are no UTF-8: whoever gets them may read them otherwise', () => {
    const bytes = Buffer.from([0x22, 0xff, 0x22]);
    expect(readJson(bytes)).toEqual({ value: '\ufffd', bytes: undefined });
  });

  test.each(['', '{', 'undefined', '{"a":1}}', "{'a':1}", '\u0000'])('%j is refused', (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'GW_UPSTREAM_INVALID' }));
  });

  test('does not show its text in the error', () => {
    expect(() => parse('{"password": hunter2}')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') as string }),
    );
  });

  test('that is nested without end is refused, not a crash', () => {
    const text = `${'['.repeat(200_000)}"__proto__"${']'.repeat(200_000)}`;
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'GW_UPSTREAM_INVALID' }));
  });

  test('comes through unchanged where no key is dangerous', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain: unknown = JSON.parse(text);
        fc.pre(!keysOf(plain).some((key) => /^(__proto__|constructor|prototype)$/.test(key)));
        expect(parse(text)).toEqual(plain);
      }),
    );
  });

  test('never carries a dangerous key, however it is spelled', () => {
    const key = fc.constantFrom('__proto__', 'constructor', 'prototype', 'a', 'b');
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.integer(),
        fc.array(tie('value')),
        fc.dictionary(key, tie('value')),
      ),
    }));
    fc.assert(
      fc.property(value, fc.boolean(), (dangerous, isEscaped) => {
        const plain = JSON.stringify(dangerous);
        const text = isEscaped ? plain.replaceAll('proto', String.raw`pr\u006fto`) : plain;
        const keys = keysOf(parse(text));
        expect(keys.filter((name) => /^(__proto__|constructor|prototype)$/.test(name))).toEqual([]);
      }),
    );
  });
});

describe('JSON of a client, which goes on as it came', () => {
  const read = (text: string | Buffer): unknown => parseRequestJson(Buffer.from(text));
  const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

  test.each([
    ['no JSON', '{"a":}', 'it is not JSON'],
    ['a mark before it', '\ufeff{}', 'it is not JSON'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'it is not UTF-8'],
    ['a key twice', '{"role":"user","role":"admin"}', 'it has a duplicate key'],
    [
      'a key twice, in other letters',
      String.raw`{"a":1,"b":[],"\u0061":2}`,
      'it has a duplicate key',
    ],
    ['a key twice, further down', '[1,{"x":{"a":1,"b":{"a":1},"a":2}}]', 'it has a duplicate key'],
    ['a key __proto__', '{"a":{"__proto__":{}}}', 'it has a forbidden key "__proto__"'],
    ['an escaped one', String.raw`{"\u005f_proto__":{}}`, 'it has a forbidden key "__proto__"'],
    ['a constructor', '[{"constructor":1}]', 'it has a forbidden key "constructor"'],
    ['depth', deep(65), 'it is nested deeper than 64'],
    ['more of it', deep(400_000), 'it is nested deeper than 64'],
  ])('is refused with %s', (_what, text, why) => {
    expect(() => read(text)).toThrow(`the body cannot be read: ${why}`);
  });

  test('is what JSON.parse makes of it, whatever it holds', () => {
    const value = fc.jsonValue({ maxDepth: 6 });
    fc.assert(
      fc.property(value, (each) => {
        const text = JSON.stringify(each);
        const isDangerous = /"(__proto__|constructor|prototype)":/.test(text);
        if (!isDangerous) expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('may hold such words, quotes and brackets in its values, and keys again elsewhere', () => {
    const value = { a: '{"a":"__proto__",[', b: [{ a: '\\"' }, { a: '\\' }], c: ['a', 'a'], d: {} };
    expect(read(JSON.stringify(value))).toEqual(value);
    expect(read(deep(64))).toBeInstanceOf(Array);
  });
});

describe('the depth of an answer', () => {
  const nested = (depth: number, inside = '1'): string =>
    `${'[{"a":'.repeat(depth / 2)}${inside}${'}]'.repeat(depth / 2)}`;

  test('is bounded: what would take too many calls to write again is refused', () => {
    expect(() => parseJson(Buffer.from(nested(128)))).not.toThrow();
    expect(() => parseJson(Buffer.from(nested(130)))).toThrow('deeper than 128');
    expect(() => parseJson(Buffer.from('['.repeat(1_000_000)))).toThrow('deeper than 128');
  });

  test('is not hidden by brackets in texts, nor made by them', () => {
    const closing = JSON.stringify(`]}]}\\"]}`);
    const opening = JSON.stringify(`"[{"`.repeat(200));
    expect(() => parseJson(Buffer.from(nested(130, closing)))).toThrow('deeper than 128');
    const hidden = `{"a":${closing},"b":${nested(130)}}`;
    expect(() => parseJson(Buffer.from(hidden))).toThrow('deeper than 128');
    expect(parseJson(Buffer.from(opening))).toBe(`"[{"`.repeat(200));
  });
});
