import { describe, expect, test } from 'vitest';
import { API, runText } from './run-text.ts';

describe('steps of a case', () => {
  test('share a gateway, whose clock stands still between them unless they wait', async () => {
    const cases = `
  - name: a
    upstreams: { api: {} }
    steps:
      - { request: /, times: 5, expect: { status: 200 } }
      - { request: /, expect: { status: 429, headers: { retry-after: '1' } } }
      - { wait: 999ms }
      - { request: /, expect: { status: 429 } }
      - { wait: 1ms, request: /, expect: { status: 200 } }`;
    const { failures } = await runText(
      cases,
      API('rateLimit: { max: 5, window: 5s, by: address }'),
    );
    expect(failures).toEqual([]);
  });

  test('open a circuit, and close it again', async () => {
    const cases = `
  - name: a
    upstreams: { api: { status: 503 } }
    steps:
      - { request: /, times: 3, expect: { status: 503, error: GW_CIRCUIT_OPEN } }`;
    const config = API('', 'breaker: { consecutive: 3, open: 1m }, retry: false');
    const { failures } = await runText(cases, config);
    expect(failures).toEqual([
      'c.test.yaml:6:63  steps[0].expect.error (request 1 of 3): expected GW_CIRCUIT_OPEN, got no error of the gateway',
    ]);
  });

  test('end with the first that fails, whose answer is shown', async () => {
    const cases = `
  - name: a
    upstreams: { api: { body: { a: 1 } } }
    steps:
      - { request: /, expect: { status: 201, body: { a: 2 } } }
      - { request: /, expect: { status: 202 } }`;
    const { failures, notes } = await runText(cases);
    expect(failures).toEqual(['c.test.yaml:6:41  steps[0].expect.status: expected 201, got 200']);
    expect(notes).toEqual(['the answer: 200, application/json: {"a":1}']);
  });

  test('begin at the time that the case, or the file, says', async () => {
    const cases = `
now: '2026-11-30T23:59:50Z'
cases:
  - name: a
    as: u
    upstreams: { api: {} }
    steps:
      - { request: /, times: 2, expect: { status: 200 } }
      - { request: /, expect: { error: GW_QUOTA_EXCEEDED } }
      - { wait: 11s, request: /, expect: { status: 200 } }`;
    const quota = API('jwt: { issuer: main }, quota: [monthly]').replace(
      'upstreams:',
      `plugins:
  jwt: { issuers: { main: { issuer: a, jwks: 'https://a.example/keys', algorithms: [ES256] } } }
  quota: { store: { redis: 'redis://127.0.0.1:1' }, quotas: { monthly: { limit: 2, per: month, by: consumer } } }
upstreams:`,
    );
    const { failures } = await runText(cases, quota);
    expect(failures).toEqual([]);
  });

  test('draw what the case says', async () => {
    const config = `version: 1
upstreams: { old: { targets: [http://a] }, new: { targets: [http://b] } }
routes:
  api: { match: { path: /* }, split: [{ upstream: old }, { upstream: new, weight: 10 }] }
`;
    const cases = `
upstreams: { old: {}, new: {} }
cases:
  - { name: most, random: 0.5, request: /, calls: { old: 1, new: none } }
  - { name: few, random: 0.05, request: /, calls: { old: none, new: 1 } }`;
    const { failures } = await runText(cases, config);
    expect(failures).toEqual([]);
  });

  test('are not run if the case is skipped, and so take no config', async () => {
    const { results } = await runText('  - { name: a, skip: later, request: / }');
    expect(results).toMatchObject([{ outcome: 'skipped', skip: 'later', failures: [] }]);
  });

  test('show what the gateway logs of a bug', async () => {
    const bff = `import { defineBff, z } from 'portico';
export default defineBff({ upstreams: [] }, (app) => {
  app.get('/', { schema: { response: { 200: z.object({}) } } }, () => { throw new Error('oops'); });
});`;
    const config = 'version: 1\nroutes: { a: { match: { path: /* }, bff: ./bff.ts } }\n';
    const { failures, notes } = await runText(
      '  - { name: a, request: /, expect: { status: 200 } }',
      config,
      { files: { 'bff.ts': bff } },
    );
    expect(failures).toHaveLength(1);
    expect(notes.join('\n')).toMatch(
      /^the gateway logged: bug\nError: oops\n {4}at .*bff\.ts:3:\d+\)$/m,
    );
  });

  test('read the config with the environment of the file in place of the real one', async () => {
    const config = `version: 1
routes: { a: { match: { path: /* }, respond: { status: 200, body: '\${WORD} \${OTHER}' } } }
`;
    const cases = `
environment: { WORD: 42 }
cases: [{ name: a, request: /, expect: { body: '42 real' } }]`;
    const environment = { WORD: 'real', OTHER: 'real' };
    const { failures } = await runText(cases, config, { environment });
    expect(failures).toEqual([]);
  });
});
