import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { quietPort } from '../helpers/quiet-port.ts';
import { ask } from '../helpers/secure-client.ts';
import { pair } from '../listener/gateway.ts';
import { fixture } from './fixtures/folder.ts';

const ORIGIN = 'capacitor://localhost';
const json = { 'content-type': 'application/json' };

/** A gateway whose routes all have `cors` and refuse in ways of their own. */
async function refusing() {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => {
    silent.close();
  });
  const { port } = silent.address() as { port: number };
  const forward = (path: string, more: object = {}) => ({
    match: { path },
    upstream: 'up',
    ...more,
  });
  const schema = { type: 'object', properties: { n: { type: 'integer' } } };
  const limited = { max: 1, window: '1h', by: 'route' };
  const { url } = await startGateway({
    config: {
      server: { tls: pair('server'), limits: { url: '1KiB', headers: '2KiB', idle: '300ms' } },
      plugins: {
        jwt: {
          issuers: { own: { issuer: 'own', secret: 's'.repeat(32), algorithms: ['HS256'] } },
        },
      },
      defaults: { routes: { cors: { origins: [ORIGIN], credentials: true } } },
      upstreams: {
        gone: { targets: [`http://127.0.0.1:${await quietPort()}`], retry: false },
        open: {
          targets: [`http://127.0.0.1:${await quietPort()}`],
          breaker: { consecutive: 1 },
          retry: false,
        },
        slow: { targets: [`http://127.0.0.1:${port}`], timeout: '100ms', retry: false },
      },
      routes: {
        plain: forward('/plain'),
        queried: forward('/400', { validate: { query: schema } }),
        asked: forward('/401', { jwt: { issuer: 'own' } }),
        denied: forward('/403', { ip: { deny: ['127.0.0.1'] } }),
        forged: forward('/forged', { csrf: {} }),
        bff: { match: { path: '/bff/*' }, bff: fixture('validating-bff') },
        long: forward('/413', { limits: { body: '4B' } }),
        read: forward('/read', { limits: { body: '4B' }, validate: { body: schema } }),
        typed: forward('/415', { validate: { body: schema } }),
        limited: forward('/429', { rateLimit: limited }),
        bug: { match: { path: '/500' }, upstream: 'bug' },
        gone: { match: { path: '/502' }, upstream: 'gone' },
        open: { match: { path: '/503' }, upstream: 'open' },
        slow: { match: { path: '/504' }, upstream: 'slow' },
        part: {
          match: { path: '/part' },
          aggregate: { a: { upstream: 'gone', path: '/', required: true } },
        },
      },
    },
    upstreams: {
      up: () => ({}),
      bug: () => {
        throw new TypeError('a bug');
      },
    },
  });
  return url;
}

type Case = [
  what: string,
  status: number,
  path: string,
  options?: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    /** Sent before, for what it leaves behind. */
    readonly twice?: boolean;
  },
];

const CASES: Case[] = [
  ['a query that is not valid', 400, '/400?n=x'],
  ['a missing token', 401, '/401'],
  ['a bad token', 401, '/401', { headers: { authorization: 'Bearer x.y.z' } }],
  ['a denied address', 403, '/403'],
  ['a page of another site', 403, '/forged', { method: 'POST' }],
  ['a path that the BFF does not know', 404, '/bff/none'],
  ['a path that the BFF cannot decode', 400, '/bff/%FF'],
  [
    'a body that the BFF cannot read',
    400,
    '/bff/echo',
    { method: 'POST', headers: json, body: '{' },
  ],
  [
    'a long body',
    413,
    '/413',
    { method: 'POST', headers: { 'content-length': '6' }, body: 'longer' },
  ],
  ['a long body that is read', 413, '/read', { method: 'POST', headers: json, body: '[1,2,3]' }],
  ['a long target', 414, `/plain?${'x'.repeat(1_500)}`],
  ['a long target of a BFF', 414, `/bff/${'x'.repeat(1_500)}`],
  ['a body of another type', 415, '/415', { method: 'POST', body: 'text' }],
  ['too many requests', 429, '/429', { twice: true }],
  ['a long head', 431, '/plain', { headers: { 'x-long': 'x'.repeat(2_500) } }],
  ['a long head for a BFF', 431, '/bff/echo', { headers: { 'x-long': 'x'.repeat(2_500) } }],
  ['a bug', 500, '/500'],
  ['an upstream that is gone', 502, '/502'],
  ['a part that is gone', 502, '/part'],
  ['an open circuit', 503, '/503', { twice: true }],
  ['an upstream that is silent', 504, '/504'],
];

describe.each(['HTTP/1.1', 'HTTP/2'])('over %s, a page may read', (version) => {
  test.each(CASES)('the refusal of %s: %i', async (_what, status, path, options = {}) => {
    const url = await refusing();
    const { method = 'GET', body, twice = false } = options;
    const send = async (origin: string) => {
      const headers = { ...options.headers, origin };
      if (version === 'HTTP/2') {
        const session = await openH2(url);
        return fetchH2(session, { ':path': path, ':method': method, ...headers }, body);
      }
      return ask(url, { path, method, headers, ALPNProtocols: ['http/1.1'] }, body);
    };
    if (twice) await send(ORIGIN);

    const own = await send(ORIGIN);
    const strange = await send('https://evil.example');

    expect([own.status, strange.status]).toEqual([status, status]);
    expect(own.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-credentials': 'true',
      'content-type': 'application/problem+json',
    });
    expect(own.headers['vary']).toContain('Origin');
    expect(strange.headers['access-control-allow-origin']).toBeUndefined();
    expect(strange.headers['vary']).toContain('Origin');
  });
});
