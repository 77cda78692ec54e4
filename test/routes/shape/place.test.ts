/** Where parts stand in the answer: under their names, elsewhere, or spread. */
import { describe, expect, test } from 'vitest';
import type { FakeUpstream } from '../../../src/testing.ts';
import { createLog } from '../../../src/observe/log.ts';
import { composing } from '../composing.ts';

const answering =
  (body: unknown): FakeUpstream =>
  () => ({ body: typeof body === 'string' ? body : JSON.stringify(body) });
const failing: FakeUpstream = () => ({ status: 500 });

async function answerOf(parts: Readonly<Record<string, object>>, bodies: Record<string, unknown>) {
  const logs: string[] = [];
  const write = (line: string) => logs.push(line);
  const { log } = createLog('warn', { write, dropped: 0, end: async () => undefined });
  const upstreams = Object.fromEntries(
    Object.entries(bodies).map(([name, body]) => [
      name,
      body === failing ? failing : answering(body),
    ]),
  );
  const { fetch } = await composing(parts, upstreams, {}, { log });
  const texts: string[] = [];
  for (let i = 0; i < 2; i++) texts.push(await (await fetch('/1')).text());
  expect(texts[1]).toBe(texts[0]);
  return { text: texts[0]!, told: logs.filter((line) => line.includes('spread field')) };
}

describe('as', () => {
  test('gives a part another name, or a place in objects that are made for it', async () => {
    const parts = {
      a: { as: 'x' },
      b: { as: 'y.one' },
      c: {},
      d: { as: 'y.two.deep' },
      e: { as: '"y.z"' },
    };
    const { text } = await answerOf(parts, { a: 1, b: 2, c: 3, d: 4, e: 5 });
    expect(text).toBe('{"x":1,"y":{"one":2,"two":{"deep":4}},"c":3,"y.z":5}');
  });

  test('leaves out an object whose parts are all missing', async () => {
    const parts = { a: {}, b: { as: 'y.one' }, c: { as: 'y.two', default: null } };
    expect((await answerOf(parts, { a: 1, b: failing, c: failing })).text).toBe(
      '{"a":1,"y":{"two":null}}',
    );
    expect((await answerOf({ a: {}, b: { as: 'y.one' } }, { a: 1, b: failing })).text).toBe(
      '{"a":1}',
    );
  });

  test('does not change the name by which other parts, and Gateway-Degraded, know it', async () => {
    const { fetch } = await composing(
      { a: { as: 'x.y' }, b: { path: '/{a.id}' }, c: { as: 'x.z' } },
      { a: answering({ id: 7 }), b: ({ path }) => ({ body: { path } }), c: failing },
    );
    const response = await fetch('/1');
    expect(await response.json()).toEqual({ x: { y: { id: 7 } }, b: { path: '/7' } });
    expect(response.headers.get('gateway-degraded')).toBe('c;reason=status-500');
  });
});

describe('spread', () => {
  test('puts the fields of a part into the answer, with their digits', async () => {
    const parts = { a: {}, b: { spread: true }, c: {} };
    const { text } = await answerOf(parts, { a: 1, b: '{"n":1.10,"m":{"k":1e400}}', c: 3 });
    expect(text).toBe('{"a":1,"n":1.10,"m":{"k":1e400},"c":3}');
  });

  test.each<readonly [unknown, string]>([
    [null, '{"a":1}'],
    [{}, '{"a":1}'],
  ])('%j adds nothing', async (body, expected) => {
    expect((await answerOf({ a: {}, b: { spread: true } }, { a: 1, b: body })).text).toBe(expected);
  });

  test.each<unknown>([[1], '"text"', 5, true])('%j is a failure', async (body) => {
    const { fetch } = await composing(
      { a: {}, b: { spread: true, default: { x: 1 } } },
      { a: answering(1), b: answering(body) },
    );
    const response = await fetch('/1');
    expect(await response.json()).toEqual({ a: 1, x: 1 });
    expect(response.headers.get('gateway-degraded')).toBe('b;reason=invalid');
  });

  test('works on a list that is a collection', async () => {
    const parts = { a: {}, b: { spread: true, collection: 'items' } };
    expect((await answerOf(parts, { a: 1, b: [1, 2] })).text).toBe('{"a":1,"items":[1,2]}');
  });

  const body = { x: 'of b', y: 'b' };
  test.each<readonly [string, Readonly<Record<string, object>>, string]>([
    ['a part that has the place', { x: {}, b: { spread: true } }, '{"x":"of x","y":"b"}'],
    ['the required part', { x: {}, b: { spread: true, required: true } }, '{"x":"of b","y":"b"}'],
    [
      'a part that has the place, if both are required',
      { x: { required: true }, b: { spread: true, required: true } },
      '{"x":"of x","y":"b"}',
    ],
    [
      'an object of places',
      { x: { as: 'x.y' }, b: { spread: true } },
      '{"x":{"y":"of x"},"y":"b"}',
    ],
  ])('a field goes to %s, and that is logged once', async (_whose, parts, expected) => {
    const { text, told } = await answerOf(parts, { x: '"of x"', b: body });
    expect(text).toBe(expected);
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0]!)).toMatchObject({ level: 'warn', part: 'b', field: 'x' });
  });

  test.each([
    ['the first', {}, { x: 'a', z: 'a', y: 'b' }],
    ['the required', { required: true }, { x: 'b', z: 'a', y: 'b' }],
  ])('of two spread parts, %s has it', async (_which, second, expected) => {
    const parts = { a: { spread: true }, b: { spread: true, ...second } };
    const { text, told } = await answerOf(parts, { a: { x: 'a', z: 'a' }, b: { x: 'b', y: 'b' } });
    expect(JSON.parse(text)).toEqual(expected);
    expect(told).toHaveLength(1);
  });

  test('keeps the place of a part that is missing', async () => {
    const { text } = await answerOf({ x: {}, b: { spread: true } }, { x: failing, b: body });
    expect(text).toBe('{"y":"b"}');
  });

  test('cannot reach a prototype, and spreads a thousand fields', async () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, i]));
    const text = `{"__proto__":{"x":1},${JSON.stringify(many).slice(1)}`;
    const answer = await answerOf({ a: {}, b: { spread: true } }, { a: 1, b: text });
    expect(JSON.parse(answer.text)).toEqual({ a: 1, ...many });
  });
});
