import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pem } from '../helpers/secure-upstream.ts';
import { configOf, faultsOf, type Files } from './config-files.ts';

const PEMS: Files = { 'tls/server.pem': pem('server.pem'), 'tls/server.key': pem('server.key') };
const TLS = '{ cert: tls/server.pem, key: tls/server.key }';

/** What is wrong with `server`, without the place. */
async function told(server: string): Promise<string[]> {
  const files = { 'c.yaml': `version: 1\nadmin: false\nserver: ${server}`, ...PEMS };
  return (await faultsOf(files)).map((fault) =>
    fault.replace(/^c\.yaml:3:\d+ {2}(warning: )?server\.?/, ''),
  );
}

describe('server.listeners', () => {
  test('are several places, each with a name', async () => {
    const listeners = [
      'version: 1',
      'server:',
      '  listeners:',
      '    plain: { port: 8080 }',
      '    near: { host: 127.0.0.1, port: 8081 }',
      '    local: { socket: /tmp/portico.sock, mode: "0600" }',
    ];
    const { server } = await configOf(listeners.join('\n'));
    expect(server.listeners).toEqual([
      {
        name: 'plain',
        at: ['server', 'listeners', 'plain'],
        address: { host: '0.0.0.0', port: 8080 },
        http2: 'none',
      },
      {
        name: 'near',
        at: ['server', 'listeners', 'near'],
        address: { host: '127.0.0.1', port: 8081 },
        http2: 'none',
      },
      {
        name: 'local',
        at: ['server', 'listeners', 'local'],
        address: { socket: '/tmp/portico.sock', mode: 0o600 },
        http2: 'none',
      },
    ]);
  });

  test('the only one may be a socket, for its user and group unless a mode is given', async () => {
    const { server } = await configOf('version: 1\nserver: { socket: /tmp/portico.sock }');
    expect(server.listeners.map(({ address }) => address)).toEqual([
      { socket: '/tmp/portico.sock', mode: 0o660 },
    ]);
  });

  test.each([
    ['{ listeners: {} }', ['listeners: has no listener: name one, such as public: { port: 8080 }']],
    [
      `{ port: 1, host: "::1", tls: ${TLS}, listeners: { a: { port: 2 } } }`,
      ['port', 'host', 'tls'].map(
        (key) => `${key}: cannot be combined with "listeners": write it in each of them`,
      ),
    ],
    ['{ listeners: { a: { host: "::1" } } }', ['listeners.a: needs a "port" or a "socket"']],
    ['{ listeners: { a: { prt: 1 } } }', ['listeners.a.prt: unknown key; did you mean "port"?']],
    [
      '{ listeners: { a b: { port: 1 } } }',
      [
        'listeners.a b: "a b" cannot name a listener: use letters, digits, - and _, starting with a letter',
      ],
    ],
    [
      '{ listeners: { a: { socket: /tmp/a, port: 1 } } }',
      ['listeners.a.port: cannot be combined with "socket": a listener has one place'],
    ],
    ['{ mode: "0660" }', ['mode: has no effect without a "socket"']],
    [
      '{ socket: /tmp/a, mode: 0660 }',
      ['mode: expected a mode in quotes, such as "0660", found 660'],
    ],
    ['{ socket: /tmp/a, mode: "0990" }', ['mode: "0990" is not a mode like "0660"']],
    [
      '{ socket: a.sock }',
      ['socket: "a.sock" is not an absolute path, such as /run/portico/orders.sock'],
    ],
    [
      `{ socket: /tmp/${'x'.repeat(103)} }`,
      [
        'socket: has 108 bytes, and the path of a unix socket has at most 107: choose a shorter folder',
      ],
    ],
    [
      '{ socket: /nowhere/at/all.sock }',
      [
        'socket: there is no folder /nowhere/at on this machine; create it before the gateway starts',
      ],
    ],
    [
      '{ listeners: { a: { port: 1 }, b: { port: 1, host: "::1" } } }',
      ['listeners.b.port: is also the port of server.listeners.a'],
    ],
    ['{ listeners: { a: { port: 0 }, b: { port: 0 } } }', []],
    [
      '{ listeners: { a: { socket: /tmp/a }, b: { socket: /tmp/a } } }',
      ['listeners.b.socket: is also the socket of server.listeners.a'],
    ],
    [
      '{ listeners: { a: { port: 1, tls: { cert: tls/server.pem } }, b: { port: 2, tls: {} } } }',
      [
        'listeners.a.tls.cert: also needs a "key"',
        'listeners.b.tls: needs a "cert" and a "key", or "certificates"',
      ],
    ],
  ])('%s: %j', async (server, faults) => {
    expect(await told(server)).toEqual(faults);
  });

  test.each([
    ['{ http2: alpn }', ['http2: needs "tls": without it, HTTP/2 is `prior`']],
    [
      `{ tls: ${TLS}, http2: prior }`,
      ['http2: is for listeners without "tls": with it, HTTP/2 is `alpn`'],
    ],
    [`{ tls: ${TLS}, http2: none }`, []],
    ['{ http2: true }', ['http2: expected one of alpn, prior, none, found true']],
    ['{ listeners: { a: { port: 1, redirectHttps: true }, b: { port: 2 } } }', []],
    ['{ redirectHttps: false }', []],
    [
      '{ redirectHttps: true }',
      [
        'redirectHttps: leaves no listener that serves: add one with "tls", or name the proxies in front in server.trustedProxies',
      ],
    ],
    ['{ redirectHttps: { port: 8443 }, trustedProxies: [10.0.0.1] }', []],
    [
      `{ listeners: { a: { port: 1, tls: ${TLS}, redirectHttps: true }, b: { port: 2 } } }`,
      ['listeners.a.redirectHttps: cannot be combined with "tls": its clients came by https'],
    ],
    [
      '{ listeners: { a: { port: 1, redirectHttps: { prt: 1 } }, b: { port: 2 } } }',
      ['listeners.a.redirectHttps.prt: unknown key; did you mean "port"?'],
    ],
    [
      '{ proxyProtocol: v2 }',
      [
        'proxyProtocol: nobody may connect: name the proxies in its "from" or in server.trustedProxies',
      ],
    ],
    ['{ proxyProtocol: v1, trustedProxies: [10.0.0.1] }', []],
    ['{ proxyProtocol: { version: v2, from: [10.0.0.0/8, unix] } }', []],
    [
      '{ proxyProtocol: { version: v2, from: [10.0.0.0/33] } }',
      ['proxyProtocol.from[0]: "10.0.0.0/33": the part after the / must be 0 to 32'],
    ],
    ['{ trustedProxies: [unix] }', []],
  ])('%s: %j', async (server, faults) => {
    expect(await told(server)).toEqual(faults);
  });

  test('speak HTTP/2 by ALPN where they have TLS, and where it is asked for', async () => {
    const named = '{ port: 1 }';
    const { server } = await configOf(
      `version: 1\nserver: { listeners: { a: ${named}, b: { port: 2, http2: prior } } }`,
    );
    expect(server.listeners.map(({ http2 }) => http2)).toEqual(['none', 'prior']);
  });

  test('one takes the port of admin, which is a fault where it is written', async () => {
    const text = (admin: string): string =>
      `version: 1\nadmin: ${admin}\nserver: { listeners: { a: { port: 1 }, b: { port: 9901 } } }`;
    expect(await faultsOf(text('{}'))).toEqual([
      'c.yaml:3:51  server.listeners.b.port: is also the port of admin',
    ]);
    expect(await faultsOf(text('{ port: 9901 }'))).toEqual([
      'c.yaml:2:16  admin.port: is also the port of server.listeners.b',
    ]);
  });

  test('client certificates of any of them are those that mtls needs', async () => {
    const tls = (name: string): string => join(process.cwd(), 'test/fixtures/tls', name);
    const secure = `tls: { cert: ${tls('server.pem')}, key: ${tls('server.key')}, clientCa: ${tls('ca.pem')} }`;
    const text = (more: string): string =>
      [
        'version: 1',
        `server: { listeners: { a: { port: 1 }, b: { port: 2, ${more} } } }`,
        'routes: { all: { match: { path: /* }, mtls: {}, respond: {} } }',
      ].join('\n');
    expect(await faultsOf(text(secure))).toEqual([]);
    expect(await faultsOf(text('host: 127.0.0.1'))).toHaveLength(1);
  });
});
