/** The header fields and the body that a part sends. */
import { describe, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../src/core/call.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { request } from '../gateway/support/socket.ts';

/** A part `b` that needs what `a` answers; tells what `b`'s upstream was sent. */
async function sending(part: object, a: unknown = {}, more: object = {}) {
  const asked: UpstreamRequest[] = [];
  const gateway = await startGateway({
    config: {
      routes: {
        all: {
          match: { path: '/{id}' },
          aggregate: {
            a: { upstream: 'a', path: '/a' },
            b: { upstream: 'b', path: '/b', ...part },
          },
          ...more,
        },
      },
    },
    upstreams: {
      a: () => ({ body: typeof a === 'string' ? a : JSON.stringify(a) }),
      b: (call) => {
        asked.push(call);
        return { body: '1' };
      },
    },
  });
  const send = async (target: string, fields: readonly string[] = [], body = '') => {
    const method = body === '' ? 'GET' : 'POST';
    const length = body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`];
    const head = [`${method} ${target} HTTP/1.1`, 'host: a', ...length, ...fields];
    return request(gateway.url, head, body);
  };
  const bodyOf = (call: UpstreamRequest | undefined) =>
    call?.body instanceof Uint8Array ? Buffer.from(call.body).toString() : undefined;
  return { ...gateway, send, asked, bodyOf };
}

describe('the fields of a part', () => {
  test('are filled from the request and from other parts', async () => {
    const headers = { 'x-id': '{id}', 'X-Order': 'order={a.id}; q={query.q}', fixed: 'yes' };
    const { send, asked } = await sending({ headers }, '{"id":12345678901234567890}');
    await send('/7?q=a b;c'.replace(' ', '%20'));
    expect(asked[0]?.headers).toMatchObject({
      'x-id': '7',
      'x-order': 'order=12345678901234567890; q=a%20b%3Bc',
      fixed: 'yes',
    });
  });

  test('replace what is passed on, even where the client has no value for them', async () => {
    const part = { forwardHeaders: ['*'], headers: { 'x-a': '{id}', 'x-b': '{query.q}' } };
    const { send, asked } = await sending(part);
    await send('/7', ['x-a: mine', 'x-b: mine', 'x-c: mine']);
    expect(asked[0]?.headers).toMatchObject({ 'x-a': '7', 'x-c': 'mine' });
    expect(asked[0]?.headers['x-b']).toBeUndefined();
  });

  test('may ask for another type', async () => {
    const accept = 'application/vnd.shop+json';
    const { send, asked } = await sending({ headers: { accept } });
    await send('/7');
    expect(asked[0]?.headers['accept']).toBe(accept);
  });

  test.each(['a\r\nx-admin: 1', 'a\nb', '\u0000', 'a\u007fb', '\ud800', 'x'.repeat(1_025)])(
    'never end a line: %j of a part fails the part',
    async (value) => {
      const { send, asked } = await sending({ headers: { 'x-v': '{a.v}' } }, { v: value });
      const { status, headers } = await send('/7');
      expect([status, headers['gateway-degraded'], asked]).toEqual([200, 'b;reason=invalid', []]);
    },
  );

  test('never end a line: such a value of the client’s is 400', async () => {
    const { send, asked } = await sending({ headers: { 'x-v': '{query.v}' } });
    const { status } = await send('/7?v=a%0d%0ax-admin:1');
    expect([status, asked]).toEqual([400, []]);
  });

  test('hold other texts percent-encoded', async () => {
    const { send, asked } = await sending({ headers: { 'x-v': '{a.v}' } }, { v: ' café ' });
    await send('/7');
    expect(asked[0]?.headers['x-v']).toBe('%20caf%C3%A9%20');
  });

  test.each([{}, { v: null }])('need the value of a part: %j is no-value', async (a) => {
    const { send, asked } = await sending({ headers: { 'x-v': '{a.v}' } }, a);
    const { status, headers } = await send('/7');
    expect([status, headers['gateway-degraded'], asked]).toEqual([200, 'b;reason=no-value', []]);
  });
});

describe('the body of a part', () => {
  const json =
    '{"id":12345678901234567890,"total":1.10,"lines":[{"n":1e400}],"vip":true,"no":null}';

  test('keeps types and digits where a text is one value alone', async () => {
    const body = {
      id: '{a.id}',
      total: '{a.total}',
      lines: '{a.lines}',
      vip: '{a.vip}',
      text: 'order {a.id} of {id}, {a.total}',
      fixed: [1, null, { deep: ['{id}'] }],
    };
    const { send, asked, bodyOf } = await sending({ method: 'POST', body }, json);

    await send('/7');

    expect(bodyOf(asked[0])).toBe(
      '{"id":12345678901234567890,"total":1.10,"lines":[{"n":1e400}],"vip":true,"text":"order 12345678901234567890 of 7, 1.10","fixed":[1,null,{"deep":["7"]}]}',
    );
    expect(asked[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': `${bodyOf(asked[0])?.length}`,
    });
  });

  test('may be all of a part', async () => {
    const { send, asked, bodyOf } = await sending({ method: 'PUT', body: '{a}' }, json);
    await send('/7');
    expect(bodyOf(asked[0])).toBe(json);
  });

  test('leaves out a parameter that the client did not send, in lists too', async () => {
    const body = { q: '{query.q}', list: ['{query.q}', '{query.r}'] };
    const { send, asked, bodyOf } = await sending({ method: 'POST', body });
    await send('/7?r=1');
    expect(bodyOf(asked[0])).toBe('{"list":["1"]}');
  });

  test('has every text of the client as data', async () => {
    const { send, asked, bodyOf } = await sending({ method: 'POST', body: { q: 'x{query.q}' } });
    await send('/7?q=%22,%22admin%22:true,%22%0d%0a');
    expect(JSON.parse(bodyOf(asked[0])!)).toEqual({ q: 'x","admin":true,"\r\n' });
  });

  test('has own members of any name', async () => {
    const body = JSON.parse('{"constructor":"{id}","list":[{"hasOwnProperty":"{id}"}]}') as object;
    const { send, asked, bodyOf } = await sending({ method: 'POST', body });
    await send('/7');
    expect(bodyOf(asked[0])).toBe('{"constructor":"7","list":[{"hasOwnProperty":"7"}]}');
  });

  test.each([{ v: null }, {}])('needs the value of a part: %j', async (a) => {
    const { send } = await sending({ method: 'POST', body: { v: 'is {a.v}', w: 1 } }, a);
    expect((await send('/7')).headers['gateway-degraded']).toBe('b;reason=no-value');
  });

  test('is null where the part says null, and no-value where it does not say', async () => {
    const { send, asked, bodyOf } = await sending({ method: 'POST', body: ['{a.no}'] }, json);
    await send('/7');
    expect(bodyOf(asked[0])).toBe('[null]');
    const other = await sending({ method: 'POST', body: ['{a.none}'] }, json);
    expect((await other.send('/7')).headers['gateway-degraded']).toBe('b;reason=no-value');
  });

  test('replaces the client’s body, whose fields go nowhere', async () => {
    const part = { method: 'POST', body: { id: '{id}' } };
    const { send, asked, bodyOf } = await sending(
      part,
      {},
      { match: { path: '/{id}', methods: ['POST'] } },
    );
    const { status } = await send('/7', ['content-type: text/x', 'content-encoding: gzip'], 'own');
    expect([status, bodyOf(asked[0])]).toEqual([200, '{"id":"7"}']);
    expect(asked[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(asked[0]?.headers['content-encoding']).toBeUndefined();
  });
});

describe('aggregation.forwardQuery', () => {
  test('is what every part passes on, unless it says otherwise', async () => {
    const common = { aggregation: { forwardQuery: ['lang'] } };
    const { send, asked } = await sending({}, {}, common);
    await send('/7?lang=de&x=1');
    expect(asked[0]?.query).toBe('?lang=de');

    const own = await sending({ forwardQuery: [] }, {}, common);
    await own.send('/7?lang=de');
    expect(own.asked[0]?.query).toBe('');
  });
});
