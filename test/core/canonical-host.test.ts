import { describe, expect, test } from 'vitest';
import { canonicalHost, hostName } from '../../src/core/canonical-host.ts';

describe('the canonical host', () => {
  test.each([
    ['shop.example', 'shop.example'],
    ['Shop.EXAMPLE', 'shop.example'],
    ['shop.example.', 'shop.example'],
    ['SHOP.example.:8080', 'shop.example:8080'],
    ['shop.example:08080', 'shop.example:08080'],
    ['localhost.', 'localhost'],
    ['a_b-c.example', 'a_b-c.example'],
    ['127.0.0.1.', '127.0.0.1'],
    ['[::1]', '[::1]'],
    ['[::1]:80', '[::1]:80'],
    ['[2001:DB8:0:0::0001]:443', '[2001:db8::1]:443'],
    ['[0:0:0:0:0:0:0:1]', '[::1]'],
  ])('of %s is %s', (authority, expected) => {
    expect(canonicalHost(authority)).toBe(expected);
    expect(canonicalHost(expected)).toBe(expected);
  });

  test.each([
    '',
    '.',
    '..',
    '.shop.example',
    'shop..example',
    'shop.example..',
    'shop.example..:80',
    ':80',
    'a:',
    'a:port',
    'a:123456',
    'a.:80.',
    'a@b',
    'a/b',
    'a,b',
    'a b',
    'a%2eb',
    '[::1',
    '[:::]',
    '[::1].',
    '[1.2.3.4]',
    'h\u00f6st',
  ])('%s is none', (authority) => {
    expect(canonicalHost(authority)).toBeUndefined();
  });
});

test('the name of a host is what is left without its port', () => {
  expect(hostName('shop.example:8080')).toBe('shop.example');
  expect(hostName('[2001:db8::1]:8080')).toBe('[2001:db8::1]');
  expect(hostName('[::1]')).toBe('[::1]');
});
