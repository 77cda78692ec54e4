import { describe, expect, test } from 'vitest';
import { faultsOf, withOrders } from './config-files.ts';

/** `3:5 path`, for each fault. */
async function placesOf(text: string): Promise<string[]> {
  const faults = await faultsOf(text);
  return faults.map((fault) => /^c\.yaml:(\d+:\d+) {2}([^\s:]*)/.exec(fault)!.slice(1).join(' '));
}

describe('a fault stands', () => {
  test('at the key, when the key is wrong', async () => {
    expect(await placesOf(withOrders('server:\n  limitz: {}'))).toEqual(['4:3 server.limitz']);
    expect(await placesOf(withOrders('"sever" : {}'))).toEqual(['3:1 sever']);
  });

  test('at the value, when the value is wrong', async () => {
    expect(await placesOf(withOrders('server:\n  port:   none'))).toEqual(['4:11 server.port']);
    expect(await placesOf(withOrders('server: { port: "none" }'))).toEqual(['3:17 server.port']);
    expect(await placesOf(withOrders('server:\n  port:\n    none'))).toEqual(['5:5 server.port']);
  });

  test('at the key, when nothing is written behind it', async () => {
    expect(await placesOf(withOrders('server:\n  host: # later\n'))).toEqual(['4:3 server.host']);
    expect(await placesOf(withOrders('server: { host }'))).toEqual(['3:11 server.host']);
  });

  test('at the item of a list', async () => {
    const hosts = (list: string): string =>
      withOrders(`routes:\n  a:\n    match: { path: /a, hosts: ${list} }\n    upstream: orders`);
    expect(await placesOf(hosts('[a.com, "b c", "*.d"]'))).toEqual([
      '5:39 routes.a.match.hosts[1]',
    ]);
    expect(await placesOf(withOrders('include:\n  - x/*.yaml\n  - 5'))).toEqual([
      '4:5 include[0]',
      '5:5 include[1]',
    ]);
  });

  test('at the nearest key that is there, when one is missing', async () => {
    const faults = await placesOf(withOrders('routes:\n  a:\n    upstream: orders'));
    expect(faults).toEqual(['4:3 routes.a.match']);
    expect(await placesOf('# no version\nserver: {}')).toEqual(['2:1 version']);
  });

  test('where an alias took it from, once for all its uses', async () => {
    const text = [
      'version: 1',
      'upstreams:',
      '  a: &a { targets: [http://a:1], retry: &r { attempts: many } }',
      '  b: *a',
      '  c: { targets: [http://c:1], retry: *r }',
    ].join('\n');
    expect(await placesOf(text)).toEqual(['3:56 upstreams.a.retry.attempts']);
  });

  test('where a merge took it from, unless the key is its own', async () => {
    const text = (own: string): string =>
      [
        'version: 1',
        'upstreams:',
        '  a: { <<: &base { timeout: 5 }, timeout: 5s, targets: [http://a:1] }',
        `  b: { <<: *base, ${own}targets: [http://b:1] }`,
        '  c: { <<: [{ deadline: 9s }, { deadline: no }, *base], targets: [http://c:1] }',
      ].join('\n');
    expect(await placesOf(text('timeout: 5s, '))).toEqual(['3:29 upstreams.c.timeout']);
    expect(await placesOf(text('timeout: x, '))).toEqual([
      '3:29 upstreams.c.timeout',
      '4:28 upstreams.b.timeout',
    ]);
  });

  test('behind a byte order mark, CRLF and characters of any width', async () => {
    const text = '\ufeffversion: 1\r\n# ✓ 😀\r\nserver: { host: 5 }\r\n';
    expect(await placesOf(text)).toEqual(['3:17 server.host']);
    expect(await placesOf('version: 1\nserver: { "🎉": 1 }')).toEqual(['2:11 server.🎉']);
  });
});

describe('a key that stands twice', () => {
  test('names both places, and all else is still checked', async () => {
    const text = 'version: 1\nserver: { port: 1, port: none }\nserver: { port: 70000 }\nadmin: 5';
    expect(await faultsOf(text)).toEqual([
      'c.yaml:2:20  server.port: defined twice: first at c.yaml:2:11',
      'c.yaml:3:1  server: defined twice: first at c.yaml:2:1',
      'c.yaml:3:17  server.port: must be at most 65535, found 70000',
      'c.yaml:4:8  admin: expected false or a map, found 5',
    ]);
  });

  test('is one as a word and as a number', async () => {
    const text = withOrders('routes: { 1: {}, "1": {} }');
    expect(await faultsOf(text)).toContainEqual(
      'c.yaml:3:18  routes.1: defined twice: first at c.yaml:3:11',
    );
  });

  test('may be a merge: << may stand more than once', async () => {
    const text = [
      'version: 1',
      'upstreams:',
      '  a: { <<: { timeout: 1s }, <<: { deadline: 2s }, targets: [http://a:1] }',
    ].join('\n');
    expect(await faultsOf(text)).toEqual([]);
  });
});
