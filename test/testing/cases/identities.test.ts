import { describe, expect, test } from 'vitest';
import { faultsOfText, runText } from './run-text.ts';

const SHA = 'a'.repeat(64);
const config = (route: string): string => `version: 1
plugins:
  jwt:
    issuers:
      main: { issuer: a, jwks: 'https://a.example/keys', algorithms: [ES256] }
      other: { issuer: b, jwks: 'https://b.example/keys', algorithms: [ES256] }
  apiKey: { consumers: { acme: { keys: [${SHA}] } } }
upstreams: { api: { targets: [http://a] } }
routes: { api: { match: { path: /* }, upstream: api, ${route} } }
`;

const failuresOf = async (
  route: string,
  as: string,
  expected: string,
): Promise<readonly string[]> =>
  (
    await runText(
      `
  - name: a
    request: /
    as: ${as}
    upstreams: { api: {} }
    ${expected}`,
      config(route),
    )
  ).failures;

describe('who the client of a case is', () => {
  test.each([
    ['jwt: { issuer: main }', 'u-1', 'expect: { status: 200 }'],
    ['jwt: { issuer: main, scopes: [a] }', '{ scopes: [a, b] }', 'expect: { status: 200 }'],
    ['jwt: { issuer: main, scopes: [a] }', '{ claims: { scp: [a] } }', 'expect: { status: 200 }'],
    ['jwt: { issuer: main, scopes: [a] }', 'u-1', 'expect: { error: GW_SCOPE_INSUFFICIENT }'],
    [
      'jwt: { issuer: main, roles: [admin] }',
      '{ claims: { roles: [admin] } }',
      'expect: { status: 200 }',
    ],
    [
      'jwt: { issuer: main, roles: [admin] }',
      '{ claims: { roles: [] } }',
      'expect: { status: 403 }',
    ],
    ['jwt: { issuer: main }', '{ issuer: other }', 'expect: { error: GW_TOKEN_INVALID }'],
    ['jwt: { issuer: [main, other] }', '{ issuer: other }', 'expect: { status: 200 }'],
    ['jwt: { issuer: main }', '{ via: apiKey }', 'expect: { error: GW_TOKEN_MISSING }'],
    ['apiKey: {}', 'acme', 'expect: { status: 200 }'],
    [
      'apiKey: { optional: true }, jwt: { issuer: main, optional: true }, auth: { anyOf: [jwt, apiKey] }',
      '{ via: jwt }',
      'expect: { status: 200 }',
    ],
    [
      'jwt: { issuer: main, forward: { sub: x-user, tier: x-tier } }',
      '{ consumer: u-1, claims: { tier: gold } }',
      'calls: { api: { headers: { x-user: u-1, x-tier: gold, authorization: { absent: true } } } }',
    ],
  ])('is believed by plugins that identify clients: %s as %s', async (route, as, expected) => {
    expect(await failuresOf(route, as, expected)).toEqual([]);
  });

  test('is nobody where the case does not say', async () => {
    const { failures } = await runText(
      '  - { name: a, request: /, expect: { error: GW_TOKEN_MISSING }, calls: none }',
      config('jwt: { issuer: main }'),
    );
    expect(failures).toEqual([]);
  });

  test('is what a step says, or its case, or the file', async () => {
    const cases = `
as: file
cases:
  - { name: a, request: /, upstreams: { api: {} }, calls: { api: { headers: { x-user: file } } } }
  - name: b
    as: case
    upstreams: { api: {} }
    steps:
      - { request: /, calls: { api: { headers: { x-user: case } } } }
      - { request: /, as: step, calls: { api: { headers: { x-user: step } } } }`;
    const { failures } = await runText(
      cases,
      config('jwt: { issuer: main, forward: { sub: x-user } }'),
    );
    expect(failures).toEqual([]);
  });

  test('names a plugin of the config that identifies clients', async () => {
    const cases = '  - { name: a, request: /, as: { via: cors } }';
    const [fault] = await faultsOfText(cases, config('jwt: { issuer: main }'));
    expect(fault).toContain(
      'cases[0].as.via: the config has no plugin that identifies clients "cors" (known: ',
    );
  });
});
