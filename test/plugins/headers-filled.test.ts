import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Headers } from '../../src/core/headers.ts';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, now } from './issuer.ts';

const SECRET = 'a secret of at least thirty-two characters';
const tokenOf = (claims: object): string =>
  `Bearer ${hmacToken(SECRET, { iss: 'own', exp: now() + 60, ...claims })}`;

/** A route `/o/{id}` whose upstream gets these fields, and an aggregate at `/c/{id}` with the same. */
async function filling(set: object, keys: object = {}, add: object = {}) {
  const seen: Headers[] = [];
  const own = { headers: { request: { set, add } }, ...keys };
  const gateway = await startGateway({
    config: {
      plugins: {
        jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
        apiKey: { consumers: { acme: { keys: [hash('sha256', 'the key of acme')], plan: 'pro' } } },
      },
      routes: {
        forwarded: forwardTo('/o/{id}', own),
        composed: {
          match: { path: '/c/{id}' },
          aggregate: { part: { upstream: 'up', path: '/' } },
          ...own,
        },
      },
    },
    upstreams: { up: (request) => (seen.push(request.headers), { body: {} }) },
  });
  const sent = async (path: string, headers: Record<string, string> = {}) => {
    const response = await gateway.fetch(path, { headers });
    return response.ok ? seen.at(-1)! : codeOf(response);
  };
  return { ...gateway, sent, seen };
}

describe('the value of a header field', () => {
  test('is filled from the path, the query, fields, claims, the consumer and the address, in every call', async () => {
    const { sent } = await filling(
      {
        'x-user': '{claim.sub}',
        'x-org': '{claim.org.id}',
        'x-who': '{consumer.id}',
        'x-from': '{client.address}',
        'x-order': 'order={id}; q={query.q}',
        'x-agent': '{header.user-agent}',
        'x-fixed': 'fixed',
      },
      { jwt: { issuer: 'own' } },
    );
    const headers = {
      authorization: tokenOf({ sub: 'ada@example.com', org: { id: 12 } }),
      'user-agent': 'curl/8 (x)',
    };
    for (const path of ['/o/7?q=a', '/c/7?q=a']) {
      expect(await sent(path, headers)).toMatchObject({
        'x-user': 'ada@example.com',
        'x-org': '12',
        'x-who': 'ada@example.com',
        'x-from': '127.0.0.1',
        'x-order': 'order=7; q=a',
        'x-agent': 'curl/8 (x)',
        'x-fixed': 'fixed',
      });
    }
  });

  test('is absent where a value is missing, whatever the client sends', async () => {
    const { sent } = await filling(
      { 'x-plan': '{claim.plan}', tenant: '{query.tenant}', 'x-both': '{id}-{query.q}' },
      { jwt: { issuer: 'own', optional: true } },
      { 'accept-language': '{query.language}' },
    );
    const mine = { 'x-plan': 'gold', tenant: 'evil', 'x-both': 'x', 'accept-language': 'de' };
    const headers = (await sent('/o/7', mine)) as Headers;
    expect(headers).not.toHaveProperty('x-plan');
    expect(headers).not.toHaveProperty('tenant');
    expect(headers).not.toHaveProperty('x-both');
    expect(headers['accept-language']).toBe('de');
    expect(await sent('/o/7?language=fr', mine)).toMatchObject({ 'accept-language': 'de, fr' });
    const known = { authorization: tokenOf({ sub: 'ada', plan: 'free' }) };
    expect(await sent('/o/7?q=', known)).toMatchObject({ 'x-plan': 'free', 'x-both': '7-' });
  });

  test.each([
    ['/o/a%0d%0ax-admin:%201', 'GW_REQUEST_INVALID'],
    ['/o/a%00', 'GW_REQUEST_INVALID'],
    ['/o/7?q=a%0ab', 'GW_REQUEST_INVALID'],
    ['/o/7?q=a%C2%85b', 'GW_REQUEST_INVALID'],
    [`/o/7?q=${'a'.repeat(1_025)}`, 'GW_REQUEST_INVALID'],
  ])('is refused with control characters, or too long: %#', async (path, code) => {
    const { sent, seen } = await filling({ 'x-id': '{id}', 'x-q': '{query.q}' });
    expect(await sent(path)).toBe(code);
    expect(seen).toEqual([]);
  });

  test('of a claim with control characters is refused, too', async () => {
    const { sent } = await filling({ 'x-user': '{claim.sub}' }, { jwt: { issuer: 'own' } });
    const authorization = tokenOf({ sub: 'a\r\nx-admin: 1' });
    expect(await sent('/o/7', { authorization })).toBe('GW_REQUEST_INVALID');
  });

  test('stays what it is: it ends no text that it is part of, and is percent-encoded where it must be', async () => {
    const { sent } = await filling({
      'x-whole': '{query.q}',
      'x-part': 'user={query.q};role=guest',
      'x-quoted': '"{query.q}"',
    });
    const of = (q: string) => sent(`/o/7?q=${encodeURIComponent(q)}`);
    expect(await of('a;role="admin", b')).toMatchObject({
      'x-whole': 'a;role="admin", b',
      'x-part': 'user=a%3Brole%3D%22admin%22%2C%20b;role=guest',
      'x-quoted': '"a%3Brole%3D%22admin%22%2C%20b"',
    });
    expect(await of('Zoë')).toMatchObject({
      'x-whole': 'Zo%C3%AB',
      'x-part': 'user=Zo%C3%AB;role=guest',
    });
    expect(await of(' a ')).toMatchObject({ 'x-whole': '%20a%20' });
  });

  test('that is JSON is sent as it is', async () => {
    const { sent } = await filling({ 'x-json': '{"id":"{id}"}', 'x-list': '[{}]' });
    expect(await sent('/o/7')).toMatchObject({ 'x-json': '{"id":"{id}"}', 'x-list': '[{}]' });
  });

  test('is explained: a field is listed if its value is there', async () => {
    const { gateway } = await filling({ 'x-order': 'order-{id}', 'x-q': '{query.q}' });
    const explained = await gateway.explain({
      method: 'GET',
      url: 'http://localhost/o/7',
      headers: [],
      address: '127.0.0.1',
    });
    const { headers } = explained.calls[0]!;
    expect(headers).toContain('x-order');
    expect(headers).not.toContain('x-q');
  });
});

describe('a template is refused', () => {
  test.each<[text: string, fault: RegExp]>([
    ['{ident}', /request\.set\.x-a: no path parameter \{ident\}/],
    ['{claims.sub}', /\{claims\.sub\}: "claims" is nothing of a request; did you mean "claim"\?/],
    ['{claim.sub}', /\{claim\.sub\} needs one of .*jwt.* on this route/],
    ['{consumer.id}', /needs one of/],
    ['{client.port}', /\{client\.port\}: client has only address/],
    ['{client.address.x}', /client has only address/],
    ['{id', /has an unmatched brace/],
    ['{"a": 1', /has an unmatched brace|is not a name/],
    ['{a b}', /"\{a b\}" is not a name such as \{id\}/],
  ])('%s', async (text, fault) => {
    const started = filling({ 'x-a': text });
    await expect(started).rejects.toThrow(fault);
  });

  test('in `add` too, and not in fields of responses, which are sent as they are', async () => {
    await expect(filling({}, {}, { 'x-a': '{nope}' })).rejects.toThrow(
      /request\.add\.x-a: no path/,
    );
    const response = { headers: { response: { set: { 'x-a': '{nope}' } } } };
    const { fetch } = await filling({}, response);
    expect((await fetch('/o/7')).headers.get('x-a')).toBe('{nope}');
  });
});
