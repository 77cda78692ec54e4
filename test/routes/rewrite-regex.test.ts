import { describe, expect, test } from 'vitest';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';

async function sentFor(rewrite: object, paths: readonly string[]): Promise<readonly string[]> {
  const { fetch, seen } = await startGateway({
    config: {
      server: { paths: { escapedSlash: 'keep' } },
      routes: { all: { match: { path: '/*' }, upstream: 'up', rewrite } },
    },
    upstreams: { up: () => ({}) },
  });
  const codes: string[] = [];
  for (const path of paths) {
    const response = await fetch(path);
    codes.push(response.status === 200 ? seen.at(-1)!.path : await codeOf(response));
  }
  return codes;
}

describe('a rewrite by regex', () => {
  test('puts its groups into the path, slashes included, and leaves other paths alone', async () => {
    const rewrite = {
      regex: '/(?P<shop>[^/]+)/v(?P<version>[0-9]+)/(?P<rest>.*)',
      to: '/v{version}/{shop}/{rest}',
    };
    expect(
      await sentFor(rewrite, ['/de/v2/a/b/', '/de/v2/a%2Fb%20c', '/de/vx/a', '/x/de/v2/a', '/']),
    ).toEqual(['/v2/de/a/b/', '/v2/de/a%2Fb%20c', '/de/vx/a', '/x/de/v2/a', '/']);
  });

  test('refuses a request whose path would be read in two ways', async () => {
    const rewrite = { regex: '/a(?P<x>.*)', to: '/b/{x}' };
    expect(await sentFor(rewrite, ['/a', '/ab', '/a/b', '/a.', '/a..', '/a..x'])).toEqual([
      '/b/',
      '/b/b',
      'GW_REQUEST_INVALID',
      'GW_REQUEST_INVALID',
      'GW_REQUEST_INVALID',
      '/b/..x',
    ]);
  });

  test('takes linear time where a backtracking one would take forever', async () => {
    const rewrite = { regex: '/(?P<x>(a+)+)b', to: '/{x}' };
    const path = `/${'a'.repeat(4_000)}c`;
    expect(await sentFor(rewrite, [path])).toEqual([path]);
  });
});
