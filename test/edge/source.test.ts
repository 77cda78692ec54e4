import { describe, expect, test } from 'vitest';
import { cookieValue } from '../../src/edge/cookie.ts';
import { networkOf } from '../../src/edge/source.ts';
import { requestIds } from '../../src/edge/request-id.ts';

describe('networkOf', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:ffff:1:2:3', '2001:db8:0:0::/64'],
    ['2001:0DB8:0000:00A0::1', '2001:db8:0:a0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('counts %s as %s, because one client has all of a /64', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('cookieValue', () => {
  test.each([
    ['a=1; b=2', 'b', '2'],
    ['a=1; a=2', 'a', '1'],
    ['a=x=y', 'a', 'x=y'],
    ['ab=1; a=2', 'a', '2'],
    [' a = 1 ', 'a', '1'],
    ['a', 'a', undefined],
    ['=1', '', undefined],
    ['', 'a', undefined],
    [undefined, 'a', undefined],
  ])('in %j, the value of %s is %j', (header, name, value) => {
    expect(cookieValue(header, name)).toBe(value);
  });
});

describe('requestIds', () => {
  test('differ within a process and between processes, and are valid in any field', () => {
    const [one, other] = [requestIds(), requestIds()];
    const ids = [one(), one(), other(), other()];
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
  });
});
