import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../src/core/call.ts';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { recordingLog } from './recording-log.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const KEY = 'k-4fd1a8c2e07b4c1f9a33';
const OLD = 'k-0000a8c2e07b4c1f9a33';
const BASIC = 'k-77aa10b2e07b4c1f9a33';
const CONSUMERS = {
  acme: { keys: [sha256(KEY), sha256(OLD).toUpperCase()], plan: 'gold', scopes: ['orders:read'] },
  tiny: { keys: [sha256(BASIC)] },
};

async function keyed(options: object = {}, more: object = {}, consumers: object = CONSUMERS) {
  const calls: UpstreamRequest[] = [];
  const { log, text } = recordingLog();
  const gateway = await startGateway({
    config: {
      plugins: { apiKey: { consumers } },
      telemetry: { logs: { access: true } },
      routes: { all: forwardTo('/*', { apiKey: options, ...more }) },
    },
    upstreams: {
      up: (call) => {
        calls.push(call);
        return {};
      },
    },
    log,
  });
  const ask = (headers: Readonly<Record<string, string>> = {}, path = '/') =>
    gateway.fetch(path, { headers });
  return { ...gateway, ask, calls, logged: text };
}

describe('a known key', () => {
  test.each([KEY, OLD])('lets in, and says who that is', async (key) => {
    const { ask, calls } = await keyed();
    expect((await ask({ 'x-api-key': key })).status).toBe(200);
    expect(calls[0]?.consumer).toEqual({
      id: 'acme',
      via: 'apiKey',
      scopes: new Set(['orders:read']),
      claims: { plan: 'gold' },
    });
  });

  test('goes no further, and is in no log', async () => {
    const { ask, calls, logged } = await keyed();
    await ask({ 'x-api-key': KEY });
    expect(JSON.stringify(calls[0]?.headers)).not.toContain(KEY);
    expect(logged()).toContain('"consumer":"acme"');
    expect(logged()).not.toContain(KEY);
  });

  test('goes on where the route says so', async () => {
    const { ask, calls } = await keyed({ forward: true });
    await ask({ 'x-api-key': KEY });
    expect(calls[0]?.headers['x-api-key']).toBe(KEY);
  });

  test.each([
    [`/?key=${KEY}`, ''],
    [`/?a=1&key=${KEY}&b=%2f+x`, '?a=1&b=%2f+x'],
    [`/?key=${KEY}&key=`, '?key='],
    [`/?k%65y=${KEY.replace('k', '%6b')}&z`, '?z'],
  ])('in the query %s is taken from it', async (path, query) => {
    const { ask, calls, logged } = await keyed({ query: 'key' });
    expect((await ask({}, path)).status).toBe(200);
    expect(calls[0]?.query).toBe(query);
    expect(logged()).not.toContain(KEY.slice(2));
  });

  test('may stand in another header', async () => {
    const { ask } = await keyed({ header: 'X-Shop-Key' });
    expect((await ask({ 'x-shop-key': KEY })).status).toBe(200);
    expect((await ask({ 'x-api-key': KEY })).status).toBe(401);
  });

  test('of two plans, only those the route names', async () => {
    const { ask } = await keyed({ plans: ['gold'], scopes: ['orders:read'] });
    expect((await ask({ 'x-api-key': KEY })).status).toBe(200);
    const refused = await ask({ 'x-api-key': BASIC });
    expect([refused.status, await codeOf(refused)]).toEqual([403, 'GW_SCOPE_INSUFFICIENT']);
  });

  test('without a scope that the route asks for is 403', async () => {
    const { ask } = await keyed({ scopes: ['orders:write'] });
    expect((await ask({ 'x-api-key': KEY })).status).toBe(403);
  });

  test('has a limit of its own, by its plan too', async () => {
    const { ask } = await keyed({}, { rateLimit: [{ max: 1, window: '1m', by: 'claim:plan' }] });
    expect((await ask({ 'x-api-key': KEY })).status).toBe(200);
    expect((await ask({ 'x-api-key': OLD })).status).toBe(429);
    expect((await ask({ 'x-api-key': BASIC })).status).toBe(200);
  });
});

describe('no key', () => {
  test.each<readonly [object, Readonly<Record<string, string>>, string]>([
    [{}, {}, 'header="x-api-key"'],
    [{}, { 'x-api-key': '' }, 'header="x-api-key"'],
    [{ query: 'key' }, { 'x-api-key': KEY }, 'query="key"'],
  ])('where it is %j is 401 and says what is missing', async (options, headers, where) => {
    const { ask, calls } = await keyed(options);
    const response = await ask(headers);
    expect([response.status, await codeOf(response)]).toEqual([401, 'GW_TOKEN_MISSING']);
    expect(response.headers.get('www-authenticate')).toBe(`ApiKey realm="portico", ${where}`);
    expect(calls).toEqual([]);
  });

  test('passes where it is optional; a bad one does not', async () => {
    const { ask, calls } = await keyed({ optional: true });
    expect((await ask()).status).toBe(200);
    expect(calls[0]?.consumer).toBeUndefined();
    expect((await ask({ 'x-api-key': 'x' })).status).toBe(401);
  });
});

describe('a bad key', () => {
  test.each<readonly [string, object, string, Readonly<Record<string, string>>]>([
    ['that nobody has', {}, '/', { 'x-api-key': 'other' }],
    ['that is a hash', {}, '/', { 'x-api-key': sha256(KEY) }],
    ['in upper case', {}, '/', { 'x-api-key': KEY.toUpperCase() }],
    ['that is the name', {}, '/', { 'x-api-key': 'acme' }],
    ['that is too long', {}, '/', { 'x-api-key': 'k'.repeat(513) }],
    ['beside a good one', {}, '/', { 'x-api-key': `${KEY}, ${KEY}` }],
    ['beside a good one in the query', { query: 'key' }, `/?key=${KEY}&key=other`, {}],
    ['that cannot be decoded', { query: 'key' }, '/?key=%E0%A4%A', {}],
    ['named like a property', {}, '/', { 'x-api-key': '__proto__' }],
  ])('%s is 401 and calls nothing', async (_what, options, path, headers) => {
    const { ask, calls } = await keyed(options);
    const response = await ask(headers, path);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^ApiKey .*error="invalid_key"/);
    const body = await response.text();
    expect(body).toContain('GW_TOKEN_INVALID');
    expect(body).not.toContain(KEY);
    expect(calls).toEqual([]);
  });
});

describe('a config', () => {
  const faultOf = async (consumers: object, options: object = {}): Promise<string> => {
    const starting = keyed(options, {}, consumers);
    return starting.then(
      () => 'none',
      (error: Error) => error.message,
    );
  };

  test('with a key in it is refused, and says how to make the hash, but not the key', async () => {
    const fault = await faultOf({ acme: { keys: [KEY] } });
    expect(fault).toMatch(/acme\.keys\[0\]: .*printf %s 'KEY' \| sha256sum/);
    expect(fault).not.toContain(KEY);
  });

  test.each<readonly [string, object, object, RegExp]>([
    ['the hash of nothing', { a: { keys: [sha256('')] } }, {}, /is the hash of an empty text/],
    ['no keys', { a: { keys: [] } }, {}, /a\.keys/],
    [
      'a key of two',
      { a: { keys: [sha256(KEY)] }, b: { keys: [sha256(KEY).toUpperCase()] } },
      {},
      /b\.keys\[0\]: is already a key of "a"/,
    ],
    [
      'header and query',
      CONSUMERS,
      { header: 'x-a', query: 'a' },
      /cannot be combined with "header"/,
    ],
    ['nobody who has one', {}, {}, /routes\.all\.apiKey: no key can be valid: set "consumers"/],
    ['a plan nobody has', CONSUMERS, { plans: ['golf'] }, /no consumer has the plan "golf"/],
  ])('with %s is refused', async (_what, consumers, options, fault) => {
    expect(await faultOf(consumers, options)).toMatch(fault);
  });
});
