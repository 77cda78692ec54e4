import { describe, expect, test } from 'vitest';
import { compilePick } from '../../../src/routes/shape/pick.ts';
import { composing } from '../composing.ts';

describe('pick', () => {
  test.each<readonly [string, unknown, readonly string[], unknown]>([
    ['a text', { id: 1, card: '4000-1234' }, ['id', 'card.last4'], { id: 1 }],
    ['a number', { id: 1, card: 4000 }, ['id', 'card.last4'], { id: 1 }],
    ['nothing', { id: 1, card: null }, ['id', 'card.last4'], { id: 1 }],
    ['a truth value', { id: 1, card: true }, ['id', 'card.last4'], { id: 1 }],
    ['a list of texts', { cards: ['4000', '4001'] }, ['cards.last4'], { cards: [] }],
    [
      'lists of lists',
      { cards: [['4000'], [{ last4: 1, x: 2 }]] },
      ['cards.last4'],
      { cards: [[], [{ last4: 1 }]] },
    ],
    ['a list that is mixed', [{ id: 1, x: 2 }, 'secret', null, 3], ['id'], [{ id: 1 }]],
    ['further down', { a: { b: 'secret' } }, ['a.b.c'], { a: {} }],
    ['a list’s own', { a: ['secret'] }, ['a.0', 'a.length'], { a: [] }],
    ['what it inherits', { a: {} }, ['constructor', 'a.toString', '__proto__'], { a: {} }],
    ['one text', 'secret', ['id', 'length', '0'], undefined],
    ['one number', 5, ['id'], undefined],
    ['null', null, ['id'], undefined],
    ['texts', ['secret', 'secrets'], ['id', 'length'], []],
    ['a quoted name', { 'a.b': { c: 1, d: 2 }, a: { b: 3 } }, ['"a.b".c'], { 'a.b': { c: 1 } }],
    ['members of a list', { a: [{ b: 1, c: 2 }], d: 3 }, ['a[].b'], { a: [{ b: 1 }] }],
    ['a list at the top', [{ b: 1, c: 2 }], ['[].b'], [{ b: 1 }]],
    ['any name', { a: { b: 1, c: 2 }, d: { c: 3 }, e: 'c' }, ['*.c'], { a: { c: 2 }, d: { c: 3 } }],
    [
      'any name, beside one',
      { a: { b: 1, c: 2 }, d: { b: 4, c: 3 } },
      ['a.b', '*.c'],
      { a: { b: 1, c: 2 }, d: { c: 3 } },
    ],
    ['all of it', { a: 'text', b: ['x'] }, ['a', 'b', 'b.c'], { a: 'text', b: ['x'] }],
  ])('leaves out what a path does not lead into: %s', (_what, value, fields, picked) => {
    expect(compilePick(fields)(value)).toEqual(picked);
  });

  test.each([
    ['"4000-1234-5678-4242"', '{"b":{"id":2}}'],
    ['["4000-1234-5678-4242"]', '{"a":[],"b":{"id":2}}'],
    ['null', '{"b":{"id":2}}'],
    ['{"id":1,"card":"4000-1234-5678-4242"}', '{"a":{"id":1},"b":{"id":2}}'],
  ])('from %s gives %s, which is not a failure', async (text, expected) => {
    const { fetch } = await composing(
      { a: { pick: ['id', 'card.last4'], required: true }, b: { pick: ['id'] } },
      { a: () => ({ body: text }), b: () => ({ body: { id: 2, x: 1 } }) },
    );
    const response = await fetch('/1');
    expect([response.status, await response.text()]).toEqual([200, expected]);
    expect(response.headers.get('gateway-degraded')).toBeNull();
  });

  test('hides what it leaves out from the client, not from other parts', async () => {
    const { fetch } = await composing(
      { a: { pick: ['id'] }, b: { path: '/{a.card}' } },
      { a: () => ({ body: { id: 1, card: '4000' } }), b: ({ path }) => ({ body: { path } }) },
    );
    expect(await (await fetch('/1')).json()).toEqual({ a: { id: 1 }, b: { path: '/4000' } });
  });
});
