import { describe, expect, test } from 'vitest';
import { configOf, faultsOf } from './config-files.ts';

const targets = (...written: readonly string[]): string =>
  `version: 1\nupstreams:\n  a: { targets: ${JSON.stringify(written)} }`;

const told = async (...written: readonly string[]): Promise<string[]> =>
  (await faultsOf({ 'c.yaml': targets(...written) })).map((fault) =>
    fault.replace(/^c\.yaml:3:\d+ {2}upstreams\.a\./, ''),
  );

describe('a target that is a unix socket', () => {
  test.each(['unix:/run/orders.sock', 'unix:///run/orders.sock'])('is %s', async (written) => {
    const { upstreams } = await configOf(targets(written));
    expect(upstreams['a']?.targets).toEqual([{ origin: 'unix:/run/orders.sock', weight: 1 }]);
  });

  test('has a path of at most 107 bytes', async () => {
    const longest = `unix:/${'é'.repeat(53)}`;
    expect(await told(longest)).toEqual([]);
    expect(await told(`${longest}x`)).toEqual([
      'targets[0]: has 108 bytes, and the path of a unix socket has at most 107: choose a shorter folder',
    ]);
  });

  test.each([
    ['unix:orders.sock', '"orders.sock" is not an absolute path, such as /run/portico/orders.sock'],
    ['unix:', '"" is not an absolute path, such as /run/portico/orders.sock'],
    ['unix:/run/', 'is not the path of a socket'],
    ['unix:/run/a\nb', 'is not the path of a socket'],
  ])('is not %j', async (written, fault) => {
    expect(await told(written)).toEqual([`targets[0]: ${fault}`]);
  });

  test('is the same in both spellings', async () => {
    expect(await told('unix:/run/a.sock', 'unix:///run/a.sock')).toEqual([
      'targets[1]: is listed twice; to give it a larger share use `weight`',
    ]);
  });

  test('has no TLS', async () => {
    const text =
      'version: 1\nupstreams:\n  a: { targets: ["unix:/run/a"], tls: { servername: a } }';
    expect(await faultsOf({ 'c.yaml': text })).toEqual([
      'c.yaml:3:34  upstreams.a.tls: has no effect: none of the targets is https',
    ]);
  });
});
