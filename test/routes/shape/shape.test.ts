import { describe, expect, test } from 'vitest';
import { compileShape, type ShapeConfig } from '../../../src/routes/shape/shape.ts';

const ORDERS = {
  orders: [
    { id: 1, lines: [{ sku: 'a', tags: ['x', 'y'] }, { sku: 'b' }], buyer: { name: 'Ada' } },
    { id: 2, lines: [{ sku: 'c', tags: ['z'] }], buyer: null },
    { id: 3 },
  ],
};

const shown = (config: ShapeConfig, value: unknown): unknown => {
  const { found, shown: last } = compileShape(config)!;
  const between = found === undefined ? value : found(value);
  return last === undefined ? between : last(between);
};

describe('unwrap', () => {
  test.each<readonly [string, unknown, unknown]>([
    ['data', { data: { id: 1 }, meta: 2 }, { id: 1 }],
    ['data.items', { data: { items: [1, 2] } }, [1, 2]],
    ['data.items.1', { data: { items: [1, 2] } }, 2],
    ['data', { data: null }, null],
    ['"a.b"', { 'a.b': 1 }, 1],
    ['orders[].id', ORDERS, [1, 2, 3]],
    ['orders[].lines', ORDERS, [ORDERS.orders[0]!.lines, ORDERS.orders[1]!.lines]],
    ['orders[].lines[].sku', ORDERS, ['a', 'b', 'c']],
    ['orders[].lines[].tags[]', ORDERS, ['x', 'y', 'z']],
    ['orders[].buyer.name', ORDERS, ['Ada']],
    ['[][]', [[1, 2], [], [[3]]], [1, 2, [3]]],
    ['*.id', { a: { id: 1 }, b: 2, c: { id: 3 } }, [1, 3]],
    ['none[].at.all', ORDERS, []],
  ])('%s takes what the path leads to', (unwrap, value, expected) => {
    expect(shown({ unwrap }, value)).toEqual(expected);
  });

  test.each([
    ['book[].title', { book: { title: 'only' } }, ['only']],
    ['book[]', { book: 'text' }, ['text']],
    ['book[]', { book: null }, []],
  ])('%s takes a list of one for its only member', (unwrap, value, expected) => {
    expect(shown({ unwrap }, value)).toEqual(expected);
  });

  test.each([
    ['data', {}],
    ['data.items', { data: [] }],
    ['data', 'text'],
    ['data', ['data']],
    ['items.length', { items: [1] }],
    ['length', 'text'],
  ])('%s fails if the path leads nowhere', (unwrap, value) => {
    expect(() => shown({ unwrap }, value)).toThrow(`the answer has no ${unwrap}`);
  });

  test.each(['data', 'data[]'])('%s leaves an answer of nothing as it is', (unwrap) => {
    expect(shown({ unwrap }, null)).toBeNull();
  });
});

describe('flatten', () => {
  test('adds lists of all that its paths lead to, in their order', () => {
    const flatten = { skus: 'orders[].lines[].sku', all: ['orders[].id', 'orders[].buyer.name'] };
    expect(shown({ flatten }, ORDERS)).toEqual({
      ...ORDERS,
      skus: ['a', 'b', 'c'],
      all: [1, 2, 3, 'Ada'],
    });
  });

  test('sees the object as it came, and replaces a field of the same name', () => {
    expect(shown({ flatten: { a: ['a[]', 'b[]'], b: 'a[]' } }, { a: [1], b: [2] })).toEqual({
      a: [1, 2],
      b: [1],
    });
  });

  test('flattens in each member of a list, and leaves anything else alone', () => {
    const value = [{ a: [[1], [2]] }, 'text', null];
    expect(shown({ flatten: { a: 'a[][]' } }, value)).toEqual([{ a: [1, 2] }, 'text', null]);
  });
});

describe('omit', () => {
  test.each<readonly [readonly string[], unknown, unknown]>([
    [['a'], { a: 1, b: 2 }, { b: 2 }],
    [['a.b'], { a: { b: 1, c: 2 } }, { a: { c: 2 } }],
    [['items[].cost'], { items: [{ cost: 1, sku: 2 }, 'x'] }, { items: [{ sku: 2 }, 'x'] }],
    [['items.cost'], { items: [[{ cost: 1 }]] }, { items: [[{}]] }],
    [['[].cost'], [{ cost: 1, sku: 2 }], [{ sku: 2 }]],
    [['cost'], [{ cost: 1, sku: 2 }], [{ sku: 2 }]],
    [['*.cost'], { a: { cost: 1, b: 2 }, c: 3 }, { a: { b: 2 }, c: 3 }],
    [['a.*'], { a: { b: 1 }, c: 2 }, { a: {}, c: 2 }],
    [['a', 'a.b'], { a: { b: 1 }, c: 2 }, { c: 2 }],
    [['a.b', 'a'], { a: { b: 1 }, c: 2 }, { c: 2 }],
    [['none.at.all', 'b'], { a: 1 }, { a: 1 }],
    [['a'], 'text', 'text'],
    [['a'], null, null],
    [['0', 'length'], ['x'], ['x']],
  ])('%j leaves them out, in lists too', (omit, value, expected) => {
    expect(shown({ omit }, value)).toEqual(expected);
  });
});

describe('rename', () => {
  test.each<readonly [Readonly<Record<string, string>>, unknown, unknown]>([
    [{ a: 'b' }, { x: 0, a: 1, y: 2 }, { x: 0, b: 1, y: 2 }],
    [
      { a: 'b', b: 'a' },
      { a: 1, b: 2 },
      { b: 1, a: 2 },
    ],
    [{ a: 'b' }, { b: 'old', a: 'new' }, { b: 'new' }],
    [{ a: 'b' }, { b: 'stays' }, { b: 'stays' }],
    [{ 'a.b': 'c' }, { a: { b: 1 } }, { a: { c: 1 } }],
    [
      { 'items[].sku': 'id' },
      { items: [{ sku: 1 }, { sku: 2, x: 3 }, 4] },
      { items: [{ id: 1 }, { id: 2, x: 3 }, 4] },
    ],
    [{ a: 'z', 'a.b': 'c' }, { a: { b: 1 } }, { z: { c: 1 } }],
    [
      { '*.id': 'key' },
      { a: { id: 1 }, b: { id: 2 }, id: 3 },
      { a: { key: 1 }, b: { key: 2 }, id: 3 },
    ],
    [{ a: 'b' }, [{ a: 1 }], [{ b: 1 }]],
    [{ a: 'a.b' }, { a: 1 }, { 'a.b': 1 }],
    [{ a: 'b' }, 'a', 'a'],
  ])('%j gives fields other names, all at once', (rename, value, expected) => {
    const result = shown({ rename }, value);
    expect(result).toEqual(expected);
    expect(JSON.stringify(result)).toBe(JSON.stringify(expected));
  });
});

test('a collection is a list under a name; anything else fails, except nothing', () => {
  expect(shown({ collection: 'items' }, [1])).toEqual({ items: [1] });
  expect(shown({ collection: 'items' }, null)).toBeNull();
  expect(() => shown({ collection: 'items' }, { a: 1 })).toThrow('not a list');
});

test('the order is unwrap, flatten, pick, omit, rename, collection, however it is written', () => {
  const shape = {
    collection: 'all',
    rename: { tags: 'labels' },
    omit: ['tags.secret'],
    pick: ['tags', 'labels'],
    flatten: { tags: 'groups[].tags[]' },
    unwrap: 'data',
  };
  const data = [{ groups: [{ tags: [{ t: 1, secret: 2 }] }, { tags: [] }], tags: 'old', x: 1 }];
  expect(shown(shape, { data })).toEqual({ all: [{ labels: [{ t: 1 }] }] });
});

test('never changes the value it is given', () => {
  const before = JSON.stringify(ORDERS);
  const all = { unwrap: 'orders', flatten: { l: 'lines[]' }, pick: ['l', 'id'], omit: ['id'] };
  shown({ ...all, rename: { 'l.sku': 'id' } }, ORDERS);
  expect(JSON.stringify(ORDERS)).toBe(before);
});
