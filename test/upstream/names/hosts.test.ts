import { expect, test } from 'vitest';
import { addressesIn, parseHosts } from '../../../src/upstream/names/hosts.ts';

const HOSTS = parseHosts(
  [
    '# a comment',
    '127.0.0.1\tlocalhost local.test',
    '  10.0.0.1   Orders.Test orders # and one more',
    '10.0.0.2 orders',
    '::1 localhost',
    'not-an-address other.test',
    '10.0.0.3',
    '10.0.0.1 orders\r',
  ].join('\n'),
);

test.each([
  ['orders', ['10.0.0.1', '10.0.0.2']],
  ['orders.test', ['10.0.0.1']],
  ['ORDERS.test.', ['10.0.0.1']],
  ['localhost', ['127.0.0.1', '::1']],
  ['local.test', ['127.0.0.1']],
])('%s has the addresses of every line that names it', (name, addresses) => {
  expect(addressesIn(HOSTS, name)).toEqual(addresses);
});

test.each(['other.test', 'comment', 'and', 'x.orders'])('%s is left to DNS', (name) => {
  expect(addressesIn(HOSTS, name)).toBeUndefined();
});

test.each(['localhost', 'shop.localhost', 'LocalHost.'])(
  '%s is this machine without a hosts file',
  (name) => expect(addressesIn(parseHosts(''), name)).toEqual(['127.0.0.1', '::1']),
);
