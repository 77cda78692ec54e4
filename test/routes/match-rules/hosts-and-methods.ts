/** Of `hostnames` and `HTTPMethod`. */
import type { Rule } from './rule.ts';

const at = (host: string): { readonly host: string } => ({ host });
const by = (method: string): { readonly method: string } => ({ method });

export const HOSTS: readonly Rule[] = [
  {
    rule: 'a precise hostname matches that name, in any case; the port is ignored',
    routes: { shop: { hosts: ['shop.example.com'] } },
    rows: [
      ['/', at('shop.example.com'), 'shop'],
      ['/', at('SHOP.Example.com'), 'shop'],
      ['/', at('shop.example.com:8443'), 'shop'],
      ['/', at('shop.example.com.'), 'shop'],
      ['/', at('a.shop.example.com'), '404'],
      ['/', at('example.com'), '404'],
      ['/', at('shop.example.com.evil.test'), '404'],
      ['/', at('xshop.example.com'), '404'],
    ],
  },
  {
    rule: 'a wildcard is a suffix match: *.example.com matches test.example.com and foo.test.example.com, not example.com',
    routes: { below: { hosts: ['*.example.com'] } },
    rows: [
      ['/', at('test.example.com'), 'below'],
      ['/', at('foo.test.example.com'), 'below'],
      ['/', at('TEST.EXAMPLE.COM:80'), 'below'],
      ['/', at('example.com'), '404'],
      ['/', at('testexample.com'), '404'],
      ['/', at('.example.com'), '404'],
    ],
  },
  {
    rule: 'no hostname: every host matches',
    routes: { any: { path: '/*' } },
    rows: [
      ['/', at('a.example'), 'any'],
      ['/', at('10.0.0.1:8080'), 'any'],
      ['/', at('[::1]:8080'), 'any'],
    ],
  },
  {
    rule: 'of several hostnames, one must match',
    routes: { two: { hosts: ['a.example', '*.b.example'] } },
    rows: [
      ['/', at('a.example'), 'two'],
      ['/', at('x.b.example'), 'two'],
      ['/', at('b.example'), '404'],
    ],
  },
  {
    rule: 'hostnames may not be addresses',
    otherwise: 'They may: clients without DNS send them. IPv6 is compared as an address.',
    routes: { v4: { hosts: ['10.0.0.1'] }, v6: { hosts: ['[::1]'] } },
    rows: [
      ['/', at('10.0.0.1:80'), 'v4'],
      ['/', at('[0:0:0:0:0:0:0:1]'), 'v6'],
      ['/', at('10.0.0.2'), '404'],
    ],
  },
];

export const METHODS: readonly Rule[] = [
  {
    rule: 'a method matches exactly; without one, all match',
    routes: { post: { path: '/a', methods: ['POST'] }, any: { path: '/b' } },
    rows: [
      ['/a', by('POST'), 'post'],
      ['/a', by('post'), '405 POST'],
      ['/b', by('GET'), 'any'],
      ['/b', by('DELETE'), 'any'],
      ['/b', by('PROPFIND'), 'any'],
    ],
  },
  {
    rule: 'no rule matches: 404',
    otherwise:
      '405 with Allow where path and host match and only the method does not (RFC 9110 §15.5.6).',
    routes: {
      get: { path: '/a', methods: ['GET'] },
      put: { path: '/a', methods: ['PUT', 'PATCH'] },
      host: { path: '/a', methods: ['DELETE'], hosts: ['h.example'] },
      all: { path: '/files/*', methods: ['GET'] },
    },
    rows: [
      ['/a', by('POST'), '405 GET, HEAD, PATCH, PUT'],
      ['/a', by('DELETE'), '405 GET, HEAD, PATCH, PUT'],
      ['/a', { method: 'DELETE', host: 'h.example' }, 'host'],
      ['/a', { method: 'POST', host: 'h.example' }, '405 DELETE, GET, HEAD, PATCH, PUT'],
      ['/files/x', by('POST'), '405 GET, HEAD'],
      ['/b', by('POST'), '404'],
    ],
  },
  {
    rule: 'GET does not match HEAD',
    otherwise: 'It does: a server that has GET must have HEAD (RFC 9110 §9.1).',
    routes: { get: { path: '/a', methods: ['GET'] }, post: { path: '/b', methods: ['POST'] } },
    rows: [
      ['/a', by('HEAD'), 'get'],
      ['/b', by('HEAD'), '405 POST'],
    ],
  },
];
