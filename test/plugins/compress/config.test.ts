/** What a config may say of compression, and what is said about that. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { audit } from '../../../src/config/audit/audit.ts';
import { faultsOf, folderOf, load } from '../../config/config-files.ts';
import { startGateway } from '../../gateway/support/gateway.ts';

const configOf = (keys: string, plugins = ''): string => `version: 1
${plugins}upstreams: { up: { targets: [http://up:1] } }
routes:
  a:
    match: { path: /a }
    upstream: up
    ${keys}
`;

const faults = async (keys: string): Promise<string[]> =>
  (await faultsOf(configOf(keys))).map((fault) => fault.replace(/^\S+  /, ''));

describe('a config is refused', () => {
  test.each([
    [
      'compress: { types: [text/html, text/event-stream; charset=utf-8] }',
      'routes.a.compress.types[1]: "text/event-stream; charset=utf-8" is not a media type in lower case, such as text/css, text/*, or application/*+json',
    ],
    [
      'compress: { types: [application/x-ndjson] }',
      'routes.a.compress.types[0]: "application/x-ndjson" is a stream, which is never compressed: its events would wait in the compressor',
    ],
    [
      'compress: { types: [text/html, text/html] }',
      'routes.a.compress.types[1]: "text/html" is listed twice',
    ],
    [
      'compress: { encodings: [br, gzip, br] }',
      'routes.a.compress.encodings[2]: "br" is listed twice',
    ],
    [
      'compress: true',
      'routes.a.compress: expected false or a map, found true; write compress: {}',
    ],
    ['etag: { maxBody: 0B }', 'routes.a.etag.maxBody: must be more than 0B'],
    ['etag: { maxWait: 2m }', 'routes.a.etag.maxWait: must be at most 1m'],
  ])('for %s', async (keys, fault) => {
    expect(await faults(keys)).toEqual([fault]);
  });

  test.each([
    'compress: { encodings: [deflate] }',
    'compress: { encodings: [] }',
    'compress: { types: [] }',
    'compress: { types: ["*/*"] }',
    'compress: { types: ["*"] }',
    'compress: { types: ["text/*+"] }',
    'compress: { level: { br: 12 } }',
    'compress: { level: { gzip: 0 } }',
    'compress: { level: 6 }',
    'compress: { minimum: 1024 }',
  ])('for %s', async (keys) => {
    expect(await faults(keys)).toHaveLength(1);
  });
});

describe('the audit', () => {
  const JWT = `plugins:
  jwt: { issuers: { a: { issuer: a, audience: a, algorithms: [HS256], secret: "a secret that is long enough for it" } } }
`;

  test.each([
    ['compress: {}', '', []],
    ['jwt: { issuer: a }\n    compress: {}', JWT, []],
    ['jwt: { issuer: a, cookie: session }\n    compress: {}', JWT, ['compressed-secrets']],
    ['csrf: {}\n    compress: {}', '', ['compressed-secrets']],
    ['csrf: {}\n    etag: {}', '', []],
  ])(
    'of %j tells of secrets only where browsers send credentials by themselves',
    async (keys, plugins, rules) => {
      const file = join(folderOf({ 'c.yaml': configOf(keys, plugins) }), 'c.yaml');
      const { config, modules } = await load(file, {});
      const found = audit(config, modules).map(({ rule }) => rule);
      expect(found.filter((rule) => rule === 'compressed-secrets')).toEqual(rules);
    },
  );
});

test('explain says that bodies of answers are changed', async () => {
  const { gateway } = await startGateway({
    route: { compress: {}, etag: {} },
    upstreams: { up: () => ({}) },
  });
  const { plugins } = await gateway.explain({
    method: 'GET',
    url: '/',
    headers: [],
    address: '203.0.113.7',
  });
  const changes = ['bodies'];
  expect(plugins).toEqual([
    { plugin: 'compress', says: '', isCertain: true, changes },
    { plugin: 'etag', says: '', isCertain: true, changes },
  ]);
});
