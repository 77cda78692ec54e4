import { expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';

async function strict(options: object, headers: Readonly<Record<string, string>> = {}) {
  const match = (path: string) => ({ match: { path }, securityHeaders: options });
  const gateway = await startGateway({
    config: {
      routes: {
        forwarded: { ...match('/forwarded'), upstream: 'up' },
        own: { ...match('/own'), respond: { status: 200 } },
        parts: { ...match('/parts'), aggregate: { a: { upstream: 'up', path: '/' } } },
        refused: { ...match('/refused'), csrf: {}, upstream: 'up' },
        plain: { match: { path: '/plain' }, upstream: 'up' },
      },
    },
    upstreams: {
      up: () => ({ headers: { 'content-type': 'application/json', ...headers }, body: '{}' }),
    },
  });
  return async (path: string) =>
    (await gateway.fetch(path, { method: path === '/refused' ? 'POST' : 'GET' })).headers;
}

const SET = {
  'content-security-policy': /default-src 'self'.*frame-ancestors 'none'/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'permissions-policy': /camera=\(\)/,
  'referrer-policy': /^strict-origin-when-cross-origin$/,
  'strict-transport-security': /^max-age=31536000; includeSubDomains$/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
};

test.each(['/forwarded', '/own', '/parts', '/refused'])('all are on %s', async (path) => {
  const headersOf = await strict({});
  const headers = await headersOf(path);
  for (const [name, value] of Object.entries(SET)) expect(headers.get(name)).toMatch(value);
});

test('none is on a route without the key', async () => {
  const headersOf = await strict({});
  const headers = await headersOf('/plain');
  expect(Object.keys(SET).filter((name) => headers.has(name))).toEqual([]);
});

test('what the upstream says stays, unless the route names the field', async () => {
  const theirs = { 'x-frame-options': 'SAMEORIGIN', 'referrer-policy': 'unsafe-url' };
  const headersOf = await strict({ 'referrer-policy': 'no-referrer' }, theirs);
  const headers = await headersOf('/forwarded');
  expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
});

test('false leaves a field out, and leaves an upstream’s own alone', async () => {
  const options = { 'x-frame-options': false, 'referrer-policy': false };
  const headersOf = await strict(options, { 'referrer-policy': 'unsafe-url' });
  const headers = await headersOf('/forwarded');
  expect(headers.has('x-frame-options')).toBe(false);
  expect(headers.get('referrer-policy')).toBe('unsafe-url');
});

test.each<readonly [object, RegExp]>([
  [{ 'x-frame-option': 'DENY' }, /did you mean "x-frame-options"/],
  [{ 'x-frame-options': 'a\nb' }, /contains characters that a header must not have/],
  [{ 'x-frame-options': true }, /x-frame-options/],
])('%j refuses the config', async (options, fault) => {
  await expect(strict(options)).rejects.toThrow(fault);
});
