import { expect, test } from 'vitest';
import { configOf, faultsOf } from './config-files.ts';

const issuer = (secret: string): string => `version: 1
plugins:
  jwt:
    issuers:
      shop:
        issuer: http://shop
        algorithms: [HS256]
        secret: ${secret}
routes:
  a:
    match:
      path: /a/*
      headers:
        x-tenant: \${TENANT:-007}
    jwt: { issuer: shop }
    respond: {}`;

interface Settings {
  readonly issuers: { readonly shop: { readonly secret: string } };
}

test.each([
  '12345678901234567890123456789012',
  '0x345678901234567890123456789012',
  '1e3'.padEnd(32, '1'),
])('a secret from outside that reads as a number is the text that it was: %s', async (S) => {
  const { plugins, routes } = await configOf(issuer('${S}'), { S });
  expect((plugins['jwt'] as Settings).issuers.shop.secret).toBe(S);
  expect(routes[0]?.matches[0]?.headers).toEqual([['x-tenant', { kind: 'equals', value: '007' }]]);
});

test('a number from outside is a number where one is wanted', async () => {
  const { server } = await configOf('version: 1\nserver:\n  port: ${PORT}', { PORT: '8080' });
  expect(server.listeners[0]?.address).toMatchObject({ port: 8080 });
});

test('what is wrong with such a text does not show it', async () => {
  const [fault, ...others] = await faultsOf(issuer('${S}'), { S: '123456789' });
  expect(fault).toContain('c.yaml:8:17  plugins.jwt.issuers.shop.secret: ');
  expect(fault).not.toContain('12345');
  expect(others).toEqual([]);
});

test('a source that is digits is told by its variable', async () => {
  const config =
    'version: 1\nroutes:\n  a:\n    match: { path: /* }\n    respond: {}\n    rateLimit:\n      max: 1\n      window: 1s\n      by: ${BY}';
  const [fault] = await faultsOf(config, { BY: '123456789' });
  expect(fault).toContain('${BY} is not a source');
});

test.each([
  ['42', 'expected text, found 42; write it in quotes'],
  ['true', 'expected text, found true; write it in quotes'],
])('a literal %s where text is wanted is told to be quoted', async (value, message) => {
  const routes = `routes: { a: { match: { path: /*, query: { v: { regex: ${value} } } }, respond: {} } }`;
  expect(await faultsOf(`version: 1\n${routes}`)).toEqual([
    `c.yaml:2:56  routes.a.match.query.v.regex: ${message}`,
  ]);
});

test('a name that is too long is told its length', async () => {
  const name = 'a'.repeat(64);
  const [fault] = await faultsOf(
    `version: 1\nroutes: { ${name}: { match: { path: /* }, respond: {} } }`,
  );
  expect(fault).toMatch(
    / "a+\.\.\." cannot name a route: it has 64 characters, and at most 63 are allowed$/,
  );
});
