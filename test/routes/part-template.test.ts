import { describe, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../src/core/call.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { request } from '../gateway/support/socket.ts';
import { startRecorder } from '../gateway/support/upstream.ts';

/** One part; returns what its upstream is asked for. */
async function asking(part: object, more: object = {}) {
  const asked: UpstreamRequest[] = [];
  const gateway = await startGateway({
    config: {
      server: { paths: { escapedSlash: 'keep' } },
      plugins: { apiKey: { consumers: { a: { keys: ['ab'.repeat(32)] } } } },
      routes: {
        all: {
          match: { path: '/{id}' },
          aggregate: { part: { upstream: 'up', path: '/x', required: true, ...part } },
          ...more,
        },
      },
    },
    upstreams: {
      up: (call) => {
        asked.push(call);
        return { body: {} };
      },
    },
  });
  const ask = async (target: string, fields: readonly string[] = []) => {
    const { status } = await request(gateway.url, [`GET ${target} HTTP/1.1`, 'host: a', ...fields]);
    const call = asked.at(-1);
    return [status, call && call.path + call.query];
  };
  return { ...gateway, ask, asked };
}

describe('a value of a template', () => {
  test.each([
    ['/plain', '/u/plain/end'],
    ['/a%20b', '/u/a%20b/end'],
    ['/a%2Fb', '/u/a%2Fb/end'],
    ['/a%3Fb%23c%26d', '/u/a%3Fb%23c&d/end'],
    ['/a%3Acancel', '/u/a:cancel/end'],
    ["/a:@!$&'()*+,=", "/u/a:@!$&'()*+,=/end"],
    ['/%252e%252e', '/u/%252e%252e/end'],
    ['/caf%C3%A9', '/u/caf%C3%A9/end'],
    ['/...', '/u/.../end'],
    ['/a;b', '/u/a%3Bb/end'],
  ])('%s stays one segment: %s', async (target, path) => {
    const { ask } = await asking({ path: '/u/{id}/end' });
    expect(await ask(target)).toEqual([200, path]);
  });

  test.each([
    ['/u/{query.q}', '?q=..'],
    ['/u/{query.q}', '?q=.'],
    ['/u/{query.q}', '?q='],
    ['/u/{query.q}', ''],
    ['/u/{query.q}', '?q=%2e%2e'],
    ['/u/{query.q}', '?q=a%5Cb'],
    ['/u/{query.q}', '?q=a%0d%0aHost:x'],
    ['/u/{query.q}', '?q=%00'],
    ['/u/{query.q}', `?q=${'a'.repeat(1_025)}`],
    ['/u/{header.x-v}', ''],
    ['/u/{claim.sub}', ''],
  ])('of a client that cannot stand in %s is 400: %s', async (path, query) => {
    const { ask, asked } = await asking({ path }, { apiKey: { optional: true } });
    expect((await ask(`/1${query.slice(0, 1_100)}`))[0]).toBe(400);
    expect(asked).toEqual([]);
  });

  test('comes from a parameter, the query, a header', async () => {
    const { ask } = await asking({ path: '/{id}/{query.q}/{header.x-v}' });
    expect(await ask('/1?q=a/b&q=2', ['x-v: v/w'])).toEqual([200, '/1/a%2Fb/v%2Fw']);
    // A value that some server would decode to a dot segment is refused.
    expect((await ask('/1?q=a/../b', ['x-v: v']))[0]).toBe(400);
  });
});

describe('the query of a part', () => {
  test('stays its own: a value cannot add a parameter', async () => {
    const { ask } = await asking({ query: { limit: '3', q: '{query.q}', text: 'x&y {id}' } });
    expect(await ask('/a%26b?q=1%26admin=1&other=2')).toEqual([
      200,
      '/x?limit=3&q=1%26admin%3D1&text=x%26y%20a%26b',
    ]);
  });

  test('leaves out what the client did not send', async () => {
    const { ask } = await asking({ query: { q: '{query.q}' } });
    expect(await ask('/1')).toEqual([200, '/x']);
    expect(await ask('/1?q=')).toEqual([200, '/x?q=']);
  });

  test('escapes all but unreserved characters of a value', async () => {
    const { ask } = await asking({ query: { q: '{query.q}!*' }, forwardQuery: ['tag(1)'] });
    const target = "/1?q=a:b'(c)*~&tag(1)=d!";
    expect(await ask(target)).toEqual([200, '/x?q=a%3Ab%27%28c%29%2A~%21%2A&tag%281%29=d%21']);
  });

  test('passes on the parameters it names, with all their values', async () => {
    const { ask } = await asking({ forwardQuery: ['tag', 'none'] });
    expect(await ask('/1?tag=a&tag=b%26c&secret=1')).toEqual([200, '/x?tag=a&tag=b%26c']);
  });
});

describe('forwardQuery: ["*"]', () => {
  test('passes on all but credentials and the part’s own parameters', async () => {
    const part = { query: { limit: '3' }, forwardQuery: ['*'] };
    const { ask } = await asking(part);
    expect(await ask('/1?limit=9&tag=a&tag=b%26c&Access_Token=s&apikey=s&token=s&_=1')).toEqual([
      200,
      '/x?limit=3&tag=a&tag=b%26c&_=1',
    ]);
  });

  test('passes on a credential that is named beside it, once', async () => {
    const { ask } = await asking({ forwardQuery: ['*', 'token'] });
    expect(await ask('/1?a=1&token=t')).toEqual([200, '/x?token=t&a=1']);
  });
});

describe('the fields of a part', () => {
  const fields = [
    'authorization: Bearer token',
    'cookie: sid=1',
    'accept-language: de',
    'x-trace: 1',
    'user-agent: curl',
    'accept: text/html',
    'accept-encoding: gzip',
  ];
  const sent = ({ headers }: UpstreamRequest) =>
    Object.keys(headers).filter((name) => !/^(x-forwarded|forwarded|via|x-request-id)/.test(name));

  test('are few by default: no token reaches a third party', async () => {
    const { ask, asked } = await asking({});
    await ask('/1', fields);
    expect(sent(asked[0]!).toSorted()).toEqual(['accept', 'accept-encoding', 'accept-language']);
    expect(asked[0]?.headers['accept']).toBe('application/json');
    expect(asked[0]?.headers['x-forwarded-for']).toBe('127.0.0.1');
    expect(asked[0]?.headers['x-request-id']).toBe(asked[0]?.id);
  });

  test('are those that the aggregate or the part names', async () => {
    const common = { aggregation: { forwardHeaders: ['X-Trace'] } };
    const whole = await asking({}, common);
    await whole.ask('/1', fields);
    expect(sent(whole.asked[0]!).toSorted()).toEqual(['accept', 'accept-encoding', 'x-trace']);

    const own = await asking({ forwardHeaders: ['authorization', 'cookie'] }, common);
    await own.ask('/1', fields);
    expect(sent(own.asked[0]!).toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'cookie',
    ]);
  });
});

describe('forwardHeaders: ["*"]', () => {
  const fields = [
    'authorization: Bearer token',
    'proxy-authorization: Basic eA==',
    'cookie: sid=1',
    'x-api-key: k',
    'accept: text/html',
    'accept-encoding: gzip',
    'accept-language: de',
    'if-none-match: "a"',
    'range: bytes=0-1',
    'content-language: de',
    'te: trailers',
    'x-hop: 1',
    'connection: x-hop, te',
    'x-forwarded-for: 203.0.113.9',
    'x-trace: 1',
    'x-many: 1',
    'x-many: 2',
  ];
  const GATEWAY = /^(x-forwarded-(for|host|proto)|forwarded|via|x-request-id)$/;
  const sent = ({ headers }: UpstreamRequest) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => !GATEWAY.test(name)));

  test.each([
    ['a part', { forwardHeaders: ['*'] }, {}],
    ['the aggregate', {}, { aggregation: { forwardHeaders: ['*'] } }],
  ])('of %s passes on all but credentials and fields of the connection', async (_of, part, own) => {
    const { ask, asked } = await asking(part, own);
    await ask('/1', fields);
    expect(sent(asked[0]!)).toEqual({
      accept: 'application/json',
      'accept-encoding': 'identity',
      'accept-language': 'de',
      'x-trace': '1',
      'x-many': '1, 2',
    });
    expect(asked[0]?.headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  test('passes on a credential that is named beside it', async () => {
    const { ask, asked } = await asking({ forwardHeaders: ['*', 'Authorization'] });
    await ask('/1', fields);
    expect(sent(asked[0]!)).toMatchObject({ authorization: 'Bearer token', 'x-trace': '1' });
    expect(asked[0]?.headers['cookie']).toBeUndefined();
  });

  test('is all or a name: x-* is refused', async () => {
    await expect(asking({ forwardHeaders: ['x-*'] })).rejects.toThrow(
      'forwardHeaders[0]: is not a header: name each one, or "*" for all except credentials',
    );
  });
});

describe('a part that writes', () => {
  test('gets the client’s body unchanged', async () => {
    const upstream = await startRecorder();
    const { fetch } = await startGateway({
      config: {
        upstreams: { up: { targets: [upstream.url] } },
        routes: {
          all: {
            match: { path: '/orders', methods: ['POST'] },
            limits: { body: '100B' },
            aggregate: {
              order: { upstream: 'up', path: '/orders', method: 'POST', required: true },
              user: { upstream: 'up', path: '/me' },
            },
          },
        },
      },
    });

    const init = { method: 'POST', headers: { 'content-type': 'application/x-order' } };
    const response = await fetch('/orders', { ...init, body: 'one of each' });
    const tooLong = await fetch('/orders', { ...init, body: 'x'.repeat(101) });

    expect([response.status, await response.json()]).toEqual([200, { order: {}, user: {} }]);
    expect(tooLong.status).toBe(413);
    const calls = upstream.received.map(({ method, body, headers }) =>
      [method, body.toString(), headers['content-type'] ?? '-'].join(' | '),
    );
    expect(calls.toSorted()).toEqual(['GET |  | -', 'POST | one of each | application/x-order']);
  });
});

describe('a value from another part', () => {
  const linked = (id: unknown, path: string, more: object = {}) =>
    startGateway({
      config: {
        routes: {
          all: {
            match: { path: '/{id}' },
            aggregate: {
              a: { upstream: 'a', path: '/a' },
              b: { upstream: 'b', path, default: 'instead', ...more },
            },
          },
        },
      },
      upstreams: {
        a: () => ({ body: { id } }),
        b: ({ path: asked }) => ({ body: JSON.stringify(asked) }),
      },
    });

  test.each([
    '../../admin?x=1#',
    '..',
    '.',
    '',
    'a\\b',
    'a\r\nb',
    '\ud800',
    'x'.repeat(1_025),
    null,
    {},
    [1],
    undefined,
  ])('that cannot stand in a path fails only the part that uses it: %j', async (id) => {
    const { fetch } = await linked(id, '/seen/{a.id}');
    const response = await fetch('/1');
    expect([response.status, await response.json()]).toEqual([
      200,
      { a: JSON.parse(JSON.stringify({ id })) as unknown, b: 'instead' },
    ]);
    const reason = id === undefined || id === null ? 'no-value' : 'invalid';
    expect(response.headers.get('gateway-degraded')).toBe(`b;reason=${reason}`);
  });

  test('is blamed even beside a valid value of the client’s', async () => {
    const { fetch } = await linked('/../', '/x/{id}/{a.id}');
    const response = await fetch('/1');
    expect([response.status, response.headers.get('gateway-degraded')]).toEqual([
      200,
      'b;reason=invalid',
    ]);
  });

  test('does not hide that the client’s own value cannot stand there', async () => {
    const { fetch } = await linked('/../', '/x/{query.q}/{a.id}');
    expect((await fetch('/1?q=a/../b')).status).toBe(400);
    expect((await fetch('/1?q=..')).status).toBe(400);
    expect((await fetch('/1')).status).toBe(400);
  });

  test('may form a segment together with the client’s value', async () => {
    const { fetch } = await linked('/', '/x/{query.q}{a.id}y');
    expect(await (await fetch('/1?q=..')).json()).toMatchObject({ status: 400 });
    expect(await (await fetch('/1?q=a')).json()).toMatchObject({ b: '/x/a%2Fy' });
  });

  test('fails the answer as the upstream’s fault if the part is required', async () => {
    const { fetch } = await linked('../x', '/seen/{a.id}', { required: true, default: undefined });
    const response = await fetch('/1');
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ type: 'urn:portico:error:GW_UPSTREAM_INVALID' });
  });

  test('may be any text in a query', async () => {
    const { fetch } = await linked('../../admin?x=1#', '/seen', { query: { id: '{a.id}' } });
    expect(await (await fetch('/1')).json()).toMatchObject({ b: '/seen' });
  });
});
