/** Header fields: their syntax, `Host`, what `Connection` names, and what only the gateway may say. */
import { type Case, get, message, table } from './case.ts';

const SYNTAX = 'RFC 9112 §5';
const HOST = 'RFC 9112 §3.2';
const HOP = 'RFC 9110 §7.6.1';
const CLOSE = 'Connection: close';
const withHost = (...hosts: readonly string[]): string =>
  message(['GET /open HTTP/1.1', ...hosts, CLOSE]);
/** Without `close`, so that `Connection` can say something else; the upstream is what matters. */
const naming = (connection: string, ...fields: readonly string[]): string =>
  message(['GET /open HTTP/1.1', 'Host: a.example', `Connection: close, ${connection}`, ...fields]);

export const FIELDS: readonly Case[] = [
  ...table([
    ['no Host', HOST, withHost(), 400],
    ['two Hosts', HOST, withHost('Host: a.example', 'Host: b.example'), 400],
    ['two Hosts that are alike', HOST, withHost('Host: a.example', 'Host: a.example'), 400],
    ['two Hosts in other cases', HOST, withHost('Host: a.example', 'hOsT: b.example'), 400],
    ['an empty Host', HOST, withHost('Host: '), 400],
    ['a Host with a user', 'RFC 9110 §7.2', withHost('Host: u@a.example'), 400],
    ['a Host with a path', 'RFC 9110 §7.2', withHost('Host: a.example/admin'), 400],
    ['a list of Hosts', 'CVE-2026-55602', withHost('Host: a.example, b.example'), 400],
    ['a Host with a space', 'RFC 9110 §7.2', withHost('Host: a b'), 400],
    ['a Host with a NUL', 'RFC 9110 §7.2', withHost('Host: a\x00b'), 400],
    ['a Host with an odd port', 'RFC 9110 §7.2', withHost('Host: a.example:8x'), 400],
    ['a Host with two ports', 'RFC 9110 §7.2', withHost('Host: a.example:80:81'), 400],
    ['a Host with a quote', 'RFC 9110 §7.2', withHost('Host: a".example'), 400],
    ['a Host with a query', 'RFC 9110 §7.2', withHost('Host: a.example?x'), 400],
    [
      'a Host that is an IPv6 address',
      'RFC 3986 §3.2.2',
      withHost('Host: [::1]:8080'),
      200,
      { has: { 'x-forwarded-host': '[::1]:8080' } },
    ],
    ['a Host whose name ends in a space', SYNTAX, withHost('Host : a.example'), 400],
    [
      'a Host in the line of another field',
      'RFC 9112 §5.2',
      withHost('X: a', ' Host: b.example'),
      400,
    ],
    [
      'a route’s host in capitals',
      'RFC 9110 §4.2.3',
      message(['GET /only HTTP/1.1', 'Host: GOOD.example:80', CLOSE]),
      401,
    ],
  ]),
  ...table([
    ['a space before the colon', SYNTAX, get('/open', 'X-A : b'), 400],
    ['no colon', SYNTAX, get('/open', 'X-A'), 400],
    ['no name', SYNTAX, get('/open', ': b'), 400],
    ['a space in a name', SYNTAX, get('/open', 'X A: b'), 400],
    ['a folded line', 'RFC 9112 §5.2', get('/open', 'X-A: b', '\tc'), 400],
    [
      'a line that begins with a space',
      SYNTAX,
      message(['GET /open HTTP/1.1', ' Host: a.example', CLOSE]),
      400,
    ],
    ['a NUL in a value', 'RFC 9110 §5.5', get('/open', 'X-A: b\x00c'), 400],
    [
      'a bare CR in a value',
      'RFC 9112 §2.2, CVE-2022-32214',
      get('/open', 'X-A: b\rX-User-Id: root'),
      400,
    ],
    [
      'a bare LF ends no line',
      'RFC 9112 §2.2, CVE-2022-32214',
      'GET /open HTTP/1.1\nHost: a.example\n\n',
      400,
    ],
    ['a bare LF in a value', 'RFC 9112 §2.2', get('/open', 'X-A: b\nX-User-Id: root'), 400],
    ['a colon in a name', SYNTAX, get('/open', ':path: /admin'), 400],
    ['a name in brackets', SYNTAX, get('/open', '[x]: a'), 400],
    ['a byte past ASCII in a name', SYNTAX, get('/open', 'X-\xe9: a'), 400],
    [
      'bytes past ASCII in a value go as they are',
      'RFC 9110 §5.5',
      get('/open', 'X-A: caf\xe9'),
      200,
      { has: { 'x-a': 'caf\xe9' } },
    ],
    [
      '__proto__ as a name',
      'CVE-2026-21710',
      get('/open', '__proto__: a', 'constructor: b'),
      200,
      { not: ['__proto__'] },
    ],
    ['too many bytes of fields', 'RFC 6585 §5', get('/open', `X-A: ${'a'.repeat(9_000)}`), 431],
    [
      'too many fields',
      'RFC 6585 §5',
      get('/open', ...Array.from({ length: 2_500 }, (_, i) => `X${i}: a`)),
      [[431, 400]],
    ],
    ['too long a target', 'RFC 9110 §15.5.15', get(`/open?${'a'.repeat(1_100)}`), 414],
    [
      'too long a declared body',
      'RFC 9110 §15.5.14',
      message(['POST /open HTTP/1.1', 'Host: a', 'Content-Length: 2000'], 'a'),
      413,
    ],
    ['a head that never ends', 'Slowloris', 'GET /open HTTP/1.1\r\nHost: a.example\r\nX-A: ', 408],
    ['nothing at all', 'Slowloris', '\r\n', 408],
  ]),
  ...table([
    [
      'what it names is not passed on',
      HOP,
      naming('x-secret', 'X-Secret: 1'),
      200,
      { has: { connection: 'keep-alive' }, not: ['x-secret'] },
    ],
    [
      'it cannot take Authorization away',
      'CVE-2025-48865',
      naming('authorization', 'Authorization: Basic abc'),
      200,
      { has: { authorization: 'Basic abc' } },
    ],
    [
      'it cannot take Host away',
      HOP,
      naming('host'),
      200,
      { has: { 'x-forwarded-host': 'a.example' } },
    ],
    [
      'it cannot take Content-Type away',
      HOP,
      naming('content-type', 'Content-Type: text/x'),
      200,
      { has: { 'content-type': 'text/x' } },
    ],
    [
      'it cannot take Cookie away',
      HOP,
      naming('cookie', 'Cookie: a=b'),
      200,
      { has: { cookie: 'a=b' } },
    ],
    [
      'it cannot take the length away',
      HOP,
      message(
        [
          'POST /open HTTP/1.1',
          'Host: a',
          'Connection: close, content-length',
          'Content-Length: 3',
        ],
        'abc',
      ),
      200,
      { body: 'abc' },
    ],
    [
      'it cannot take our own fields away',
      'CVE-2025-48865',
      naming('x-forwarded-for, x-request-id, via, forwarded'),
      200,
      { has: { 'x-forwarded-for': '127.0.0.1', via: '1.1 portico' } },
    ],
    [
      'nor by another case',
      'CVE-2025-48865',
      naming('X-Forwarded-For'),
      200,
      { has: { 'x-forwarded-for': '127.0.0.1' } },
    ],
    [
      'a second Connection counts too',
      HOP,
      get('/open', 'Connection: x-secret', 'X-Secret: 1'),
      200,
      { not: ['x-secret'] },
    ],
    ['Keep-Alive', HOP, get('/open', 'Keep-Alive: timeout=1'), 200, { not: ['keep-alive'] }],
    [
      'Proxy-Connection',
      HOP,
      get('/open', 'Proxy-Connection: keep-alive'),
      200,
      { not: ['proxy-connection'] },
    ],
    [
      'Proxy-Authorization',
      'RFC 9110 §11.7.2',
      get('/open', 'Proxy-Authorization: Basic abc'),
      200,
      { not: ['proxy-authorization'] },
    ],
    ['TE but for trailers', 'RFC 9110 §10.1.4', get('/open', 'TE: gzip'), 200, { not: ['te'] }],
    ['Trailer', HOP, get('/open', 'Trailer: x-a'), 200, { not: ['trailer'] }],
    [
      'Upgrade to h2c',
      'h2c smuggling, 2020',
      message([
        'GET /open HTTP/1.1',
        'Host: a',
        'Connection: Upgrade, HTTP2-Settings, close',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
      ]),
      200,
      { has: { connection: 'keep-alive' }, not: ['upgrade', 'http2-settings'] },
    ],
    [
      'Upgrade to websocket where there is none',
      'RFC 6455 §4.2',
      message([
        'GET /open HTTP/1.1',
        'Host: a',
        'Connection: Upgrade, close',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ]),
      200,
      { not: ['upgrade'] },
    ],
    [
      'Upgrade to who knows what',
      'RFC 9110 §7.8',
      message(
        [
          'POST /open HTTP/1.1',
          'Host: a',
          'Connection: Upgrade, close',
          'Upgrade: foo/2',
          'Content-Length: 3',
        ],
        'abc',
      ),
      200,
      { body: 'abc', not: ['upgrade'] },
    ],
    ['an expectation that is another', 'RFC 9110 §10.1.1', get('/open', 'Expect: 200-ok'), 417],
    [
      'an expectation with a body that waits',
      'RFC 9110 §10.1.1',
      message(
        ['POST /open HTTP/1.1', 'Host: a', CLOSE, 'Expect: 100-continue', 'Content-Length: 3'],
        'abc',
      ),
      200,
      { body: 'abc', not: ['expect'] },
    ],
    [
      'an expectation in HTTP/1.0',
      'RFC 9110 §10.1.1',
      message(['GET /open HTTP/1.0', 'Host: a', 'Expect: x']),
      200,
      { not: ['expect'] },
    ],
  ]),
  ...table(
    [
      'X-Forwarded-For: 1.2.3.4',
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: https',
      'Forwarded: for=1.2.3.4;host=evil.example',
      'X-Request-Id: chosen',
    ].map(
      (field) =>
        [
          `a client does not say ${field.split(':')[0]}`,
          'GHSA-3m5p-2c4r-xxw2',
          get('/open', field),
          200,
          {
            has: {
              'x-forwarded-for': '127.0.0.1',
              'x-forwarded-host': 'a.example',
              'x-forwarded-proto': 'http',
              forwarded: 'for=127.0.0.1;host="a.example";proto=http',
            },
          },
        ] as const,
    ),
  ),
  ...table(
    [
      'X-User-Id',
      'x-user-id',
      'X_User_Id',
      'X-User_Id',
      'x_user-id',
      'X-Real-IP',
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-HTTP-Method-Override',
      'X-Method-Override',
      'X-HTTP-Method',
      'X-Forwarded-Prefix',
      'X-Forwarded-Port',
      'X-Forwarded-Server',
      'X-Forwarded-User',
      'X-Forwarded-Client-Cert',
      'X-Forwarded',
      'X_Forwarded_For',
      'X-Request-Deadline-Ms',
    ].map(
      (name) =>
        [
          `a client may not send ${name}`,
          'CVE-2025-64484, CVE-2026-49872',
          get('/open', `${name}: /admin`),
          200,
          { not: [name.toLowerCase()] },
        ] as const,
    ),
  ),
];
