import { describe, expect, test } from 'vitest';
import { instancesOf } from '../../../src/upstream/discovery/consul-answer.ts';

const read = (answer: unknown) => instancesOf(Buffer.from(JSON.stringify(answer)), 'http');

/** One instance; `service` and `node` replace the usual fields. */
const instance = (service: object = {}, node: object = {}) => ({
  Node: { Node: 'node-1', Address: '10.1.1.1', ...node },
  Service: {
    Service: 'orders',
    Address: '10.0.0.1',
    Port: 8080,
    Weights: { Passing: 1, Warning: 1 },
    ...service,
  },
  Checks: [],
});

describe('an instance', () => {
  test('has its own address, or else that of its node', () => {
    const origins = read([
      instance(),
      instance({ Address: '' }),
      instance({ Address: undefined }, { Address: '10.1.1.2' }),
    ]).map(({ origin }) => origin);
    expect(origins).toEqual([
      'http://10.0.0.1:8080',
      'http://10.1.1.1:8080',
      'http://10.1.1.2:8080',
    ]);
  });

  test('may have a name or an IPv6 address', () => {
    const origins = read([instance({ Address: 'one.internal' }), instance({ Address: '::1' })]).map(
      ({ origin }) => origin,
    );
    expect(origins).toEqual(['http://[::1]:8080', 'http://one.internal:8080']);
  });

  test.each([
    [{ Passing: 10, Warning: 1 }, 10],
    [{ Passing: 0 }, 1],
    [{ Passing: 1_000_000 }, 65_535],
    [{}, 1],
    [null, 1],
    [undefined, 1],
  ])('has its weight for passing checks: %o is %i', (weights, weight) => {
    expect(read([instance({ Weights: weights })])).toEqual([
      { origin: 'http://10.0.0.1:8080', weight },
    ]);
  });

  test('that is registered twice is one target', () => {
    expect(read([instance({ ID: 'a' }), instance({ ID: 'b' })])).toHaveLength(1);
  });

  test('without a port cannot be called', () => {
    expect(read([instance({ Port: 0 })])).toEqual([]);
  });
});

describe('an invalid answer of Consul', () => {
  test.each([
    [{}, 'the answer is not a list'],
    [null, 'the answer is not a list'],
    [['x'], 'the answer has no map at [0]'],
    [[instance(), null], 'the answer has no map at [1]'],
    [[{ Node: {} }], 'the answer has no map at [0].Service'],
    [[{ Service: { Port: 80 } }], 'the answer has no map at [0].Node'],
    [[instance({ Address: 7 })], 'the answer has no address at [0]'],
    [[instance({ Address: 'a b' })], 'the answer has no address at [0]'],
    [[instance({ Address: 'user@host' })], 'the answer has no address at [0]'],
    [[instance({ Address: 'host/path' })], 'the answer has no address at [0]'],
    [[instance({ Address: '' }, { Address: '' })], 'the answer has no address at [0]'],
    [[instance({ Port: '80' })], 'the answer has no port at [0].Service.Port'],
    [[instance({ Port: 65_536 })], 'the answer has no port at [0].Service.Port'],
    [[instance({ Port: -1 })], 'the answer has no port at [0].Service.Port'],
    [[instance({ Weights: [] })], 'the answer has no map at [0].Service.Weights'],
    [
      [instance({ Weights: { Passing: 1.5 } })],
      'the answer has no weight at [0].Service.Weights.Passing',
    ],
  ])('is refused: %j', (answer, message) => {
    expect(() => read(answer)).toThrow(new Error(message));
  });

  test.each(['', 'No cluster leader', '[{', '\u0000'])('is refused: %j', (text) => {
    expect(() => instancesOf(Buffer.from(text), 'http')).toThrow('the answer is not JSON');
  });

  test.each(['256.1.1.1', '1.2.3', 'a..b', '-a', 'a'.repeat(254), 'xn--a', '%31', '0x7f.1'])(
    'never makes an invalid origin: %s',
    (address) => {
      let origins: readonly string[] = [];
      try {
        origins = read([instance({ Address: address })]).map(({ origin }) => origin);
      } catch {
        // Refusing is fine.
      }
      for (const origin of origins) expect(new URL(origin).origin).toBe(origin);
    },
  );
});
