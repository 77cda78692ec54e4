/** What a change of `server` and `admin` is told as. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { serverRisks } from '../../src/diff/server-risks.ts';
import { configOf } from '../config/config-files.ts';

const TLS = resolve('test/fixtures/tls');
const PAIR = `cert: ${TLS}/server.pem, key: ${TLS}/server.key`;
const CLIENTS = `${PAIR}, clientCa: ${TLS}/ca.pem`;

/** Each as `severity rule path`. */
async function told(before: string, after: string): Promise<string[]> {
  const [old, now] = await Promise.all(
    [before, after].map((text) => configOf(`version: 1\n${text}\n`)),
  );
  return [...serverRisks(old!, now!)].map(
    ({ severity, rule, path }) => `${severity} ${rule} ${path.join('.')}`,
  );
}

test.each<[before: string, after: string, told: readonly string[]]>([
  [`server: { tls: { ${PAIR} } }`, 'server: {}', ['high tls-weakened server.tls']],
  [
    `server: { tls: { ${CLIENTS} } }`,
    `server: { tls: { ${PAIR} } }`,
    ['high tls-weakened server.tls.clientCa'],
  ],
  [
    `server: { tls: { ${CLIENTS}, minVersion: TLSv1.3 } }`,
    `server: { tls: { ${CLIENTS.replace('ca.pem', 'server.pem')}, clientAuth: optional, minVersion: TLSv1.2 } }`,
    [
      'medium tls-weakened server.tls.clientCa',
      'medium tls-weakened server.tls.clientAuth',
      'medium tls-weakened server.tls.minVersion',
    ],
  ],
  ['server: {}', `server: { tls: { ${CLIENTS} } }`, []],
  ['admin: { token: a-token-of-the-operator }', 'admin: false', []],
  [
    'server: { trustedProxies: [10.0.0.0/8] }',
    'server: { trustedProxies: [10.1.0.0/16] }',
    ['medium addresses-believed server.trustedProxies'],
  ],
  [
    'server: {}',
    'server: { trustedProxies: [10.0.0.1], clientAddress: cf-connecting-ip }',
    [
      'medium addresses-believed server.trustedProxies',
      'medium addresses-believed server.clientAddress',
    ],
  ],
  [
    'server: { host: 127.0.0.1 }',
    'server: { host: 0.0.0.0 }',
    ['medium server-exposed server.host'],
  ],
  [
    'server: { host: 127.0.0.1, port: 1 }',
    'server: { listeners: { a: { host: 127.0.0.1, port: 1 }, b: { port: 2 }, c: { socket: /tmp/c } } }',
    ['medium listener-added server.listeners.b'],
  ],
  [
    `server: { listeners: { a: { port: 1, tls: { ${PAIR} } }, b: { port: 2, redirectHttps: true } } }`,
    `server: { listeners: { a: { port: 1, tls: { ${PAIR} } }, b: { port: 2 }, c: { port: 3 } } }`,
    ['high tls-weakened server.listeners.b', 'medium listener-added server.listeners.c'],
  ],
  [
    `server: { tls: { ${PAIR} } }`,
    `server: { listeners: { a: { port: 8080, tls: { ${PAIR} } }, b: { port: 2 } } }`,
    ['high listener-added server.listeners.b'],
  ],
  [
    'server: { socket: /tmp/a, mode: "0600" }',
    'server: { socket: /tmp/a, mode: "0660" }',
    ['medium server-exposed server.mode'],
  ],
  [
    'server: { proxyProtocol: { version: v2, from: [10.1.0.0/16] } }',
    'server: { proxyProtocol: { version: v2, from: [10.0.0.0/8] } }',
    ['medium addresses-believed server.proxyProtocol'],
  ],
  [
    'server: { proxyProtocol: { version: v2, from: [10.1.0.0/16] } }',
    'server: {}',
    ['medium addresses-believed server.proxyProtocol'],
  ],
  [
    'server: { port: 1 }',
    'server: { port: 1, trustedProxies: [unix] }',
    ['medium addresses-believed server.trustedProxies'],
  ],
  [
    'server: { paths: { handling: reject, parameters: refuse } }',
    'server: {}',
    ['low paths-loosened server.paths.handling', 'low paths-loosened server.paths.parameters'],
  ],
  [
    'server: { limits: { connectionsPerAddress: 10, body: 1KiB, minRate: 1KiB } }',
    'server: { limits: { body: 2KiB, minRate: 1B } }',
    [
      'low limit-raised server.limits.body',
      'low limit-raised server.limits.minRate',
      'medium limit-removed server.limits.connectionsPerAddress',
    ],
  ],
  ['server: { limits: { body: 2KiB } }', 'server: { limits: { body: 1KiB } }', []],
])('%s → %s is told as %j', async (before, after, wanted) => {
  expect(await told(before, after)).toEqual(wanted);
});
