import { describe, expect, test } from 'vitest';
import { parsePathPattern } from '../../src/config/schema/path-pattern.ts';

describe('a path pattern', () => {
  test('without a star is exact', () => {
    expect(parsePathPattern('/orders/{id}')).toEqual({
      text: '/orders/{id}',
      kind: 'exact',
      segments: [
        { kind: 'literal', text: 'orders' },
        { kind: 'parameter', name: 'id' },
      ],
      parameters: ['id'],
      trailingSlash: false,
    });
  });

  test('with a star as its last segment is a prefix', () => {
    const { kind, segments, trailingSlash } = parsePathPattern('/orders/*');
    expect([kind, segments, trailingSlash]).toEqual([
      'prefix',
      [{ kind: 'literal', text: 'orders' }],
      false,
    ]);
  });

  test('/ and /* have no segments', () => {
    expect(parsePathPattern('/')).toMatchObject({
      kind: 'exact',
      segments: [],
      trailingSlash: false,
    });
    expect(parsePathPattern('/*')).toMatchObject({ kind: 'prefix', segments: [] });
  });

  test('one that ends in a slash is another one', () => {
    expect(parsePathPattern('/orders/')).toMatchObject({ kind: 'exact', trailingSlash: true });
  });

  test('takes a colon that names nothing', () => {
    for (const text of ['/orders/a:cancel', '/:', '/::', '/:1', '/:a-b', '/%3Aid']) {
      expect(() => parsePathPattern(text), text).not.toThrow(/parameter/);
    }
  });

  test('takes escapes that stay escapes', () => {
    expect(parsePathPattern('/a%20b').segments).toEqual([{ kind: 'literal', text: 'a%20b' }]);
  });

  test.each([
    ['orders', '"orders" must start with /'],
    ['', '"" must start with /'],
    ['/a/*/b', '"/a/*/b": * may only be the last segment'],
    ['/a*', '"/a*": * may only be the last segment'],
    ['/*/*', '"/*/*": * may only be the last segment'],
    ['/{id}/{id}', '"/{id}/{id}" names the parameter {id} twice'],
    ['/x{id}', '"/x{id}": a parameter must be a whole segment, such as /{id}'],
    ['/{id', '"/{id": a parameter must be a whole segment, such as /{id}'],
    ['/{1a}', '"/{1a}": a parameter must be a whole segment, such as /{id}'],
    ['/orders/:id', '"/orders/:id": a parameter is written {id}, not :id'],
    ['/a?b=1', '"/a?b=1" never matches: a path has no query; match it with "query"'],
    ['/a//b', '"/a//b" never matches: paths are made canonical first (/a/b)'],
    ['/a/../b', '"/a/../b" never matches: paths are made canonical first (/b)'],
    ['/%61', '"/%61" never matches: paths are made canonical first (/a)'],
    ['/ä', '"/ä" never matches: paths are made canonical first (/%C3%A4)'],
    ['/%zz', '"/%zz" never matches: the path contains an invalid escape'],
    ['/a\\b', '"/a\\b" never matches: the path contains a backslash'],
  ])('%s is refused', (text, message) => {
    expect(() => parsePathPattern(text)).toThrow(new RangeError(message));
  });
});
