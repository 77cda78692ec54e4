/** Bodies of upstreams that are as deep or as wide as they may be, or hostile, through every shape. */
import { describe, expect, test } from 'vitest';
import { composing } from '../composing.ts';

const SHAPES: readonly (readonly [string, object])[] = [
  ['unwrap', { unwrap: '*.x[]' }],
  ['flatten', { flatten: { all: ['a[][]', '*.x'] } }],
  ['pick', { pick: ['a.a.a', '*.x', 'f1'] }],
  ['omit', { omit: ['a.a.x', '*.x', 'f1'] }],
  ['rename', { rename: { 'a.a': 'b', f1: 'g1', '*.x': 'y' } }],
  ['spread', { spread: true }],
];

async function answerOf(body: string, shape: object) {
  const { fetch } = await composing(
    { a: shape, b: {} },
    { a: () => ({ body }), b: () => ({ body: 1 }) },
  );
  const response = await fetch('/1');
  return { status: response.status, text: await response.text() };
}

describe.each(SHAPES)('%s', (_name, shape) => {
  test('takes a body of 128 levels, and one deeper is a failure of its part', async () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{"x":1}${'}'.repeat(depth - 1)}`;
    const deep = await answerOf(nested(127), shape);
    expect(deep.status).toBe(200);
    expect(JSON.parse(deep.text)).toHaveProperty('b', 1);
    expect(JSON.parse((await answerOf(nested(129), shape)).text)).toEqual({ b: 1 });
    expect(JSON.parse((await answerOf('['.repeat(500_000), shape)).text)).toEqual({ b: 1 });
  });

  test('takes 50,000 fields, and lists of as many members', async () => {
    const fields = Array.from({ length: 50_000 }, (_, i) => `"f${i}":${i}`).join(',');
    const wide = await answerOf(`{${fields}}`, shape);
    expect([wide.status, JSON.parse(wide.text) as unknown]).toEqual([
      200,
      expect.objectContaining({ b: 1 }),
    ]);
    const list = `{"a":[${'[{"x":1}],'.repeat(50_000)}1]}`;
    expect((await answerOf(list, shape)).status).toBe(200);
  });

  test('lets no name reach a prototype', async () => {
    const body =
      '{"a":{"__proto__":{"x":1},"a":{"constructor":{"x":1}}},"__proto__":{"polluted":1}}';
    const { text } = await answerOf(body, shape);
    expect(text).not.toMatch(/__proto__|constructor|polluted/);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
