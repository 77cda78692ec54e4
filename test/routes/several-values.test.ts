import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { problemCode, request } from '../gateway/support/socket.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { pair } from '../listener/gateway.ts';
import { type Asked, matcherOf, nameOf } from './match.ts';

const SECRET = 'a secret of at least thirty-two characters';

/** Values guarded by a token, beside a route that is open to all. */
async function guarded(server: object = {}) {
  const asked: string[] = [];
  const jwt = { issuer: 'own' };
  const guard = (match: object) => ({ match: { path: '/*', ...match }, jwt, upstream: 'up' });
  const { url } = await startGateway({
    config: {
      server,
      plugins: {
        jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
      },
      routes: {
        query: guard({ query: { action: 'delete' } }),
        field: guard({ headers: { 'x-op': 'admin' } }),
        regex: guard({ headers: { 'x-role': { regex: '(root|admin)' } } }),
        open: forwardTo('/*'),
      },
    },
    upstreams: {
      up: ({ path, query }) => {
        asked.push(path + query);
        return {};
      },
    },
  });
  return { url, asked };
}

const QUERY = 'the query parameter action has several values, which lead to different routes';
const field = (name: string): string =>
  `the field ${name} has several values, which lead to different routes`;

const TWO_WAYS: readonly (readonly [query: string, fields: readonly string[], detail: string])[] = [
  ['?action=x&action=delete', [], QUERY],
  ['?action=delete&action=x', [], QUERY],
  ['?action=%64elete&action=x', [], QUERY],
  ['?action=x&%61ction=delete', [], QUERY],
  ['?action=delete&action', [], QUERY],
  // Not `action` to us, but to ASP.NET, PHP, Rails or an old CGI.
  ['?Action=delete', [], QUERY],
  ['?action[]=delete', [], QUERY],
  ['?action%5B0%5D=delete', [], QUERY],
  ['?+action=delete', [], QUERY],
  ['?action%00x=delete', [], QUERY],
  ['?x=1;action=delete', [], QUERY],
  ['?action=delete;x=1', [], QUERY],
  ['', ['x-op: user', 'x-op: admin'], field('x-op')],
  ['', ['x-op: admin', 'X-Op: user'], field('x-op')],
  ['', ['x-op: user, admin'], field('x-op')],
  ['', ['x-role: user', 'x-role: root'], field('x-role')],
];

describe('several values, one of which would lead to another route', () => {
  test('are 400 that names the parameter or field', async () => {
    const { url, asked } = await guarded();
    for (const [query, fields, detail] of TWO_WAYS) {
      const answer = await request(url, [`GET /${query} HTTP/1.1`, 'host: a', ...fields]);
      expect([query, fields, answer.status]).toEqual([query, fields, 400]);
      expect(problemCode(answer)).toBe('GW_REQUEST_INVALID');
      expect(JSON.parse(answer.body)).toHaveProperty('detail', detail);
    }
    expect(asked).toEqual([]);
  });

  test('are 400 over HTTP/2 too', async () => {
    const { url, asked } = await guarded({ tls: pair('server') });
    const session = await openH2(url);
    for (const [query, lines] of TWO_WAYS) {
      const pairs = lines.map((line) => line.split(': '));
      const name = pairs[0]?.[0];
      const fields = name === undefined ? {} : { [name]: pairs.map(([, value]) => value!) };
      const { status } = await fetchH2(session, { ':path': `/${query}`, ...fields });
      expect([query, lines, status]).toEqual([query, lines, 400]);
    }
    expect(asked).toEqual([]);
  });

  test('reach the guarded route if all of them fit, and the open one if none does', async () => {
    const { url } = await guarded();
    const status = async (query: string, ...fields: readonly string[]) =>
      (await request(url, [`GET /${query} HTTP/1.1`, 'host: a', ...fields])).status;

    expect(await status('?action=delete&action=%64elete')).toBe(401);
    expect(await status('', 'x-op: admin', 'x-op: admin')).toBe(401);
    expect(await status('', 'x-role: root', 'x-role: admin')).toBe(401);
    expect(await status('?action=x&action=y&actions=delete&Action=z')).toBe(200);
    expect(await status('?action[at]=delete')).toBe(200);
    expect(await status('', 'x-op: a', 'x-op: b', 'x-ops: admin')).toBe(200);
  });
});

describe('a condition', () => {
  const expectRows = async (
    routes: Readonly<Record<string, object>>,
    rows: readonly (readonly [asked: Asked, expected: string])[],
  ) => {
    const find = await matcherOf(routes);
    expect(rows.map(([asked]) => [asked, nameOf(find('/', asked))])).toEqual(rows);
  };

  test('on a list applies to all its lines, joined', () =>
    expectRows({ both: { headers: { accept: 'text/html, text/plain' } }, rest: {} }, [
      [{ headers: { accept: ['text/html', 'text/plain'] } }, 'both'],
      [{ headers: { accept: ['text/plain', 'text/html'] } }, 'rest'],
      [{ headers: { accept: 'text/html' } }, 'rest'],
    ]));

  test('on a cookie applies to the first with that name, in however many lines they come', () =>
    expectRows({ beta: { cookies: { beta: '1' } }, rest: {} }, [
      [{ headers: { cookie: 'beta=1; beta=0' } }, 'beta'],
      [{ headers: { cookie: ['beta=1', 'beta=0'] } }, 'beta'],
      [{ headers: { cookie: 'beta=0; beta=1' } }, 'rest'],
    ]));

  test('on presence never refuses', () =>
    expectRows(
      {
        both: { headers: { x: { present: true } }, query: { q: { present: true } } },
        rest: {},
      },
      [
        [{ headers: { x: ['1', '2'] }, query: '?q=1&q=2&Q=3' }, 'both'],
        [{ headers: { x: '1' }, query: '?Q=1&q[]=2' }, 'rest'],
      ],
    ));

  test('is in doubt only if no other one has failed and no better route is certain', () =>
    expectRows(
      {
        both: { headers: { x: '1' }, query: { q: '1' } },
        better: { headers: { y: '1' }, query: { q: '2' }, priority: 1 },
        rest: {},
      },
      [
        [{ headers: { x: ['1', '2'] }, query: '?q=0' }, 'rest'],
        [{ headers: { x: ['1', '2'], y: '1' }, query: '?q=2' }, 'better'],
        [{ headers: { x: ['1', '2'] }, query: '?q=1' }, `400 ${field('x')}`],
      ],
    ));

  test('is not in doubt because of a comma that belongs to the value', () =>
    expectRows({ bots: { headers: { 'user-agent': { regex: '.*Bot.*' } } }, rest: {} }, [
      [{ headers: { 'user-agent': 'Bot (a, b)' } }, 'bots'],
      [{ headers: { 'user-agent': 'Mozilla (a, b)' } }, 'rest'],
    ]));

  test('leaves an unserved method at 405, and a spelling that no other route serves at 404', () =>
    expectRows({ one: { methods: ['GET'], query: { q: '1' } } }, [
      [{ method: 'POST', query: '?q=1&q=2' }, '405 GET, HEAD'],
      [{ query: '?Q=1' }, '404'],
      [{ query: '?q=1&q=2' }, `400 ${QUERY.replace('action', 'q')}`],
    ]));
});
