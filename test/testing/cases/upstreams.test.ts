import { describe, expect, test } from 'vitest';
import { API, faultsOfText, runText } from './run-text.ts';

const failuresOf = async (...given: Parameters<typeof runText>): Promise<readonly string[]> =>
  (await runText(...given)).failures;

describe('upstreams of a case', () => {
  test('answer by method and path', async () => {
    const cases = `
  - name: a
    upstreams:
      api:
        - { on: 'GET /orders/{id}', body: one }
        - { on: '/orders/*', body: any }
        - { on: 'GET /orders?page=2', body: second page }
    steps:
      - { request: GET /orders/7, expect: { body: one } }
      - { request: DELETE /orders/7/lines, expect: { body: any } }
      - { request: 'GET /orders?page=2', expect: { body: second page } }
      - { request: 'GET /orders?page=3', expect: { status: 502 } }`;
    expect(await failuresOf(cases)).toEqual([
      'c.test.yaml:13:9  steps[3].upstreams: expected an answer for each call, got none for GET /orders?page=3 of "api"',
    ]);
  });

  test('answer in order, the last one again and again', async () => {
    const cases = `
  - name: a
    upstreams: { api: [{ body: one }, { body: two }] }
    steps:
      - { request: /, expect: { body: one } }
      - { request: /, times: 3, expect: { body: two } }`;
    expect(await failuresOf(cases)).toEqual([]);
  });

  test('answer as a step says from there on, and as the file says where no case does', async () => {
    const cases = `
upstreams: { api: { body: file } }
cases:
  - { name: a, request: /, expect: { body: file } }
  - name: b
    upstreams: { api: { body: case } }
    steps:
      - { request: /, expect: { body: case } }
      - { request: /, upstreams: { api: { body: step } }, expect: { body: step } }
      - { request: /, expect: { body: step } }`;
    expect(await failuresOf(cases)).toEqual([]);
  });

  test.each([
    ['refused', 502, 'GW_UPSTREAM_CONNECT', 2],
    ['reset', 502, 'GW_UPSTREAM_RESET', 2],
    ['timeout', 504, 'GW_UPSTREAM_TIMEOUT', 2],
  ])('fail as the network does: %s', async (fails, status, error, calls) => {
    const cases = `
  - name: a
    request: /
    upstreams: { api: { fails: ${fails} } }
    expect: { status: ${status}, error: ${error} }
    calls: { api: ${calls} }`;
    expect(
      await failuresOf(cases, API('', 'timeout: 1m, deadline: 10m, retry: { attempts: 2 }')),
    ).toEqual([]);
  });

  test('take time by the clock of the case, and no other', async () => {
    const startedAt = performance.now();
    const cases = `
  - name: in time
    request: /
    upstreams: { api: { delay: 50s, body: ok } }
    expect: { body: ok, within: 50s }
  - name: too late
    request: /
    upstreams: { api: { delay: 50s } }
    expect: { within: 49s }`;
    expect(await failuresOf(cases, API('', 'timeout: 1m, deadline: 10m'))).toEqual([
      'c.test.yaml:10:23  expect.within: expected at most 49s, got 50s',
    ]);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  test('start anew for each case: limits, circuits, and what was answered', async () => {
    const [one, two] = ['one', 'two'].map(
      (name) => `
  - name: ${name}
    upstreams: { api: [{ body: first }, { status: 500 }] }
    steps:
      - { request: /, expect: { body: first } }
      - { request: /, expect: { status: 500 } }
      - { request: /, expect: { error: GW_RATE_LIMITED } }`,
    );
    const config = API('rateLimit: { max: 2, window: 1h, by: address }');
    expect(await failuresOf(`${one}${two}`, config)).toEqual([]);
  });

  test('see all of the calls that are expected, and no others', async () => {
    const answer = 'upstreams: { api: [{ fails: reset }, {}] }';
    const cases = `
  - { name: a, request: /a, ${answer}, calls: none }
  - { name: b, request: /a, ${answer}, calls: { api: none } }
  - { name: c, request: /a, ${answer}, calls: { api: 1 } }
  - { name: d, request: /a, ${answer}, calls: { api: [/a] } }
  - { name: e, request: /a, ${answer}, calls: { api: [GET /a, POST /b?c] } }
  - { name: f, request: /a, ${answer}, calls: { api: [/a, { path: { matches: b }, headers: { x: y }, body: z }] } }
  - { name: g, request: /a, ${answer}, calls: { api: [{ method: GET, path: /a }, /a] } }`;
    const both = 'GET /a of "api", GET /a of "api"';
    expect((await failuresOf(cases)).map((each) => each.replace(/^.*? {2}/, ''))).toEqual([
      `calls: expected no call, got 2 calls: ${both}`,
      `calls.api: expected no call, got 2 calls: ${both}`,
      `calls.api: expected 1 call, got 2 calls: ${both}`,
      `calls.api: expected 1 call, got 2 calls: ${both}`,
      'calls.api[1]: expected POST /b?c, got GET /a',
      'calls.api[1].path: expected a match of /b/, got "/a"',
      'calls.api[1].headers.x: expected "y", got nothing',
      'calls.api[1].body: expected "z", got nothing',
    ]);
  });

  test('get copies of requests, too', async () => {
    const config = `version: 1
upstreams: { api: { targets: [http://a] }, next: { targets: [http://b] } }
routes: { api: { match: { path: /* }, upstream: api, mirror: { upstream: next } } }
`;
    const cases = `
  - { name: a, request: /a, upstreams: { api: {}, next: {} }, calls: { next: GET /a, api: GET /a } }`;
    expect(await failuresOf(cases, config)).toEqual([]);
  });

  test('of these names must be in the config', async () => {
    const cases = `
upstreams: { apy: {} }
cases:
  - { name: a, request: /, upstreams: { ap: {} }, calls: { apii: none } }`;
    const unknown = (name: string): string =>
      `the config has no upstream "${name}"; did you mean "api"?`;
    expect(await faultsOfText(cases)).toEqual([
      `c.test.yaml:2:14  upstreams.apy: ${unknown('apy')}`,
      `c.test.yaml:4:41  cases[0].upstreams.ap: ${unknown('ap')}`,
      `c.test.yaml:4:60  cases[0].calls.apii: ${unknown('apii')}`,
    ]);
  });
});
