/** Mistakes in a config that edits bodies. */
import { expect, test } from 'vitest';
import { forwardTo, startGateway } from '../../gateway/support/gateway.ts';

/** The faults of a route with these options. */
const faultOf = (body: object, keys?: object): Promise<string> =>
  startGateway({
    config: {
      plugins: {
        jwt: { issuers: { own: { issuer: 'own', secret: 'x'.repeat(32), algorithms: ['HS256'] } } },
      },
      upstreams: { up: { targets: ['http://127.0.0.1:1'] } },
      routes: {
        a: { ...(keys ?? forwardTo('/{id}')), ...(keys && { match: { path: '/{id}' } }), body },
      },
    },
  }).then(
    () => 'none',
    (error: Error) => error.message,
  );

test.each<[body: object, fault: RegExp, keys?: object]>([
  [{}, /edits nothing: give it a request or a response/],
  [{ request: {} }, /body\.request: edits nothing: give it remove, rename or set/],
  [
    { request: { set: { a: 1 } } },
    /body\.request: needs a route that forwards, with "upstream" or "split"/,
    { respond: { status: 204 } },
  ],
  [{ response: { remove: ['$.a'] } }, /begins with \$: leave it out/],
  [{ response: { remove: ['a[0]'] } }, /one of them cannot be named/],
  [{ response: { remove: ['a..b'] } }, /is not a path such as items\[\]\.price/],
  [{ response: { set: { 'a b': 1 } } }, /is not a path/],
  [{ response: { rename: { 'a[]': 'b' } } }, /"a\[\]" does not end in a name/],
  [{ response: { rename: { 'a.*': 'b' } } }, /does not end in a name/],
  [{ response: { rename: { a: '' } } }, /rename\.a/],
  [{ response: { rename: { a: 'constructor' } } }, /"constructor" is not a safe name/],
  [{ request: { set: { 'prototype.a': 1 } } }, /names a member that no body has/],
  [{ response: { remove: ['"__proto__".a'] } }, /names a member that no body has/],
  [{ request: { set: { a: '{nope}' } } }, /set\.a: no path parameter \{nope\}/],
  [{ request: { set: { a: '{claim.sub}' } } }, /\{claim\.sub\} needs one of/],
  [{ request: { set: { a: '{id' } } }, /has an unmatched brace/],
  [{ request: { sets: { a: 1 } } }, /sets: unknown key; did you mean "set"/],
  [{ response: { remove: ['a'] }, maxBody: '0B' }, /maxBody: must be more than 0B/],
  [{ response: { remove: ['a'] }, maxBody: '1 zillion' }, /maxBody/],
])('%j is refused with its place', async (options, fault, keys) => {
  expect(await faultOf(options, keys)).toMatch(fault);
});

test.each<[body: object, keys?: object]>([
  [{ request: { set: { a: '{id} {client.address}', b: '{"json":1}', c: [1, null] } } }],
  [{ response: { remove: ['items[].cost', '*.x', '"a.b"'], rename: { 'a.b': 'x y' } } }],
  [{ response: { set: { a: '{id}' } } }],
  [{ response: { remove: ['a'] } }, { respond: { body: {} } }],
])('%j is fine', async (options, keys) => {
  expect(await faultOf(options, keys)).toBe('none');
});
