import { describe, expect, test } from 'vitest';
import { authority, originOf, targetList } from '../../../src/upstream/discovery/target-list.ts';

describe('an origin that was found', () => {
  test.each([
    ['http', '10.0.0.1', 8080, 'http://10.0.0.1:8080'],
    ['http', '10.0.0.1', 80, 'http://10.0.0.1'],
    ['https', '10.0.0.1', 443, 'https://10.0.0.1'],
    ['https', '10.0.0.1', 80, 'https://10.0.0.1:80'],
    ['http', '2001:db8:0:0::1', 8080, 'http://[2001:db8::1]:8080'],
    ['http', 'Node-1.local', 8080, 'http://node-1.local:8080'],
  ] as const)('is written as in a config: %s %s %i', (scheme, host, port, origin) => {
    expect(originOf(scheme, host, port)).toBe(origin);
    expect(new URL(origin).origin).toBe(origin);
  });

  test('has a host without the default port of its scheme', () => {
    expect(authority('http', 'orders.svc', 8080)).toBe('orders.svc:8080');
    expect(authority('http', 'orders.svc', 80)).toBe('orders.svc');
    expect(authority('https', 'orders.svc', 443)).toBe('orders.svc');
  });
});

describe('a list of targets', () => {
  const target = (origin: string, weight = 1, priority?: number) => ({
    origin,
    weight,
    ...(priority === undefined ? {} : { priority }),
  });

  test('is the same in any order in which they were found', () => {
    const found = [target('http://b', 1, 1), target('http://c'), target('http://a', 2, 1)];
    const list = targetList(found);
    expect(list.map(({ origin }) => origin)).toEqual(['http://c', 'http://a', 'http://b']);
    expect(targetList(found.toReversed())).toEqual(list);
  });

  test('has each origin once: with the best priority, and then the most weight', () => {
    const found = [
      target('http://a', 9, 2),
      target('http://a', 3, 1),
      target('http://a', 5, 1),
      target('http://b'),
      target('http://b'),
    ];
    expect(targetList(found)).toEqual([target('http://b'), target('http://a', 5, 1)]);
    expect(targetList(found.toReversed())).toEqual(targetList(found));
  });

  test('may be empty', () => {
    expect(targetList([])).toEqual([]);
  });
});
