import { expect, test } from 'vitest';
import { namesFor, parseResolvConf } from '../../../src/upstream/names/resolv-conf.ts';

const read = (...lines: readonly string[]) => parseResolvConf(lines.join('\n'), 'gateway');

test('says which servers are asked, how often, and which domains are searched', () => {
  expect(
    read(
      '; the cluster',
      'nameserver 10.96.0.10',
      'nameserver [fd00::10]:5353 # and another',
      'nameserver nobody',
      'search shop.svc.cluster.local SVC.cluster.local.',
      'options ndots:5 timeout:3 attempts:1 edns0',
    ),
  ).toEqual({
    servers: ['10.96.0.10', '[fd00::10]:5353'],
    search: ['shop.svc.cluster.local', 'svc.cluster.local'],
    ndots: 5,
    timeoutMs: 3_000,
    tries: 1,
  });
});

test('an empty one leaves the servers to the system', () => {
  const nothing = { servers: [], search: [], ndots: 1, timeoutMs: 2_000, tries: 3 };
  expect(read('')).toEqual(nothing);
});

test.each([
  [['domain a.test', 'search b.test'], ['b.test']],
  [['search b.test', 'domain a.test'], ['a.test']],
  [['search .'], []],
])('the last line of search and domain counts: %j', (lines, search) => {
  expect(read(...lines).search).toEqual(search);
});

test("the machine's own domain is searched if none is named", () => {
  expect(parseResolvConf('', 'gateway.shop.test').search).toEqual(['shop.test']);
});

test('numbers are kept within bounds', () => {
  const { ndots, timeoutMs, tries } = read('options ndots:99 timeout:0 attempts:99');
  expect([ndots, timeoutMs, tries]).toEqual([15, 1_000, 5]);
});

test.each([
  ['orders', 1, ['orders.a.test', 'orders.b.test', 'orders']],
  ['orders.shop', 1, ['orders.shop', 'orders.shop.a.test', 'orders.shop.b.test']],
  ['orders.shop', 2, ['orders.shop.a.test', 'orders.shop.b.test', 'orders.shop']],
  ['orders.shop.', 2, ['orders.shop']],
  ['orders', 0, ['orders', 'orders.a.test', 'orders.b.test']],
])('%s with ndots %i is looked up as %j', (name, ndots, names) => {
  const conf = { ...read('search a.test b.test'), ndots };
  expect(namesFor(name, conf)).toEqual(names);
});
