import { describe, expect, test } from 'vitest';
import { mediaVersions } from '../../plugins/version/media.ts';

const KNOWN = new Set(['v1', 'v2', '2']);

/** The version that `headers` ask for. */
const versionOf = (
  headers: object,
  { parameter, isOptional = true }: { parameter?: string; isOptional?: boolean } = {},
): string | undefined => mediaVersions(parameter, KNOWN, isOptional)({ raw: { headers } } as never);

describe('the version in Accept', () => {
  test.each([
    ['application/vnd.shop.v1+json', 'v1'],
    ['Application/VND.Shop.V1+JSON', 'v1'],
    ['application/vnd.github.v2.raw+json;charset=utf-8', 'v2'],
    ['application/vnd.shop.v2', 'v2'],
    ['application/vnd.shop.v9+json', 'v9'],
    ['application/json', undefined],
    ['*/*', undefined],
    ['application/vnd.api+json', undefined],
    ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', undefined],
    ['application/json, application/vnd.shop.v1+json', undefined],
    ['application/vnd.shop.v1+json;q=0.5, application/vnd.shop.v2+json', 'v2'],
    ['application/vnd.shop.v1+json;q=0, application/vnd.shop.v2+json;q=0.1', 'v2'],
    ['application/vnd.shop.v9+json, application/vnd.shop.v1+json;q=0.1', 'v1'],
    ['application/vnd.shop.v9+json, */*;q=0.1', undefined],
    ['application/vnd.shop.v1+json;q=x', undefined],
    ['', undefined],
    [',,;=,"', undefined],
  ])('%s: %s', (accept, version) => {
    expect(versionOf({ accept })).toBe(version);
  });

  test('must be named where there is no default', () => {
    const accept = 'application/json, application/vnd.shop.v1+json;q=0.5';
    expect(versionOf({ accept }, { isOptional: false })).toBe('v1');
  });

  test.each([
    ['application/json;version=2', '2'],
    ['application/json; VERSION="2" ; q=1', '2'],
    ['application/json;profile="a,b;c";version=2', '2'],
    ['application/json;versions=2', undefined],
    ['application/vnd.shop.v1+json', undefined],
  ])('may be a parameter: %s: %s', (accept, version) => {
    expect(versionOf({ accept }, { parameter: 'version' })).toBe(version);
  });

  test('is that of the body where nothing is said', () => {
    expect(versionOf({ 'content-type': 'application/vnd.shop.v1+json' })).toBe('v1');
    expect(versionOf({})).toBeUndefined();
  });

  test('is looked for in few types, however many there are', () => {
    const many = Array.from({ length: 40 }, () => 'a/b;q=0.1').join(',');
    expect(versionOf({ accept: `${many},application/vnd.shop.v1+json` })).toBeUndefined();
  });
});
