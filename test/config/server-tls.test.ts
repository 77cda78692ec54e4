import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pem } from '../helpers/secure-upstream.ts';
import { faultsOf, folderOf, load } from './config-files.ts';

const NAMES = ['server', 'other', 'client', 'expired'];
const PEMS = Object.fromEntries([
  ['tls/ca.pem', pem('ca.pem')],
  ...NAMES.flatMap((name) => [
    [`tls/${name}.pem`, pem(`${name}.pem`)],
    [`tls/${name}.key`, pem(`${name}.key`)],
  ]),
]);

const server = (tls: string): string => `version: 1\nserver: { tls: ${tls} }`;

/** What is wrong with `tls`, without the place. */
async function told(tls: string): Promise<string[]> {
  const faults = await faultsOf({ 'c.yaml': server(tls), ...PEMS });
  return faults.map((fault) => fault.replace(/^c\.yaml:2:\d+ {2}server\.tls\.?/, ''));
}

const PAIR = 'cert: tls/server.pem, key: tls/server.key';
const EXPIRED = 'cert: tls/expired.pem, key: tls/expired.key';

describe('server.tls', () => {
  test('names files from the folder of the config, and remembers them', async () => {
    const tls = `{ ${PAIR}, clientCa: tls/ca.pem, clientAuth: optional }`;
    const folder = folderOf({ 'c.yaml': server(tls), ...PEMS });
    const { config } = await load(join(folder, 'c.yaml'), {});
    const source = (name: string) => ({ text: pem(name), file: join(folder, 'tls', name) });
    expect(config.server.listeners[0]?.tls).toEqual({
      certificates: [{ cert: source('server.pem'), key: source('server.key') }],
      client: { ca: source('ca.pem'), isRequired: false },
      minVersion: 'TLSv1.2',
    });
  });

  test.each([
    [`{ ${PAIR} }`, []],
    [`{ certificates: [{ ${PAIR} }], clientCa: tls/ca.pem }`, []],
    ['{}', [': needs a "cert" and a "key", or "certificates"']],
    ['{ cert: tls/server.pem }', ['cert: also needs a "key"']],
    [
      `{ ${PAIR}, certificates: [{ ${PAIR} }] }`,
      ['certificates: cannot be combined with "cert" and "key": list that pair here too'],
    ],
    [
      '{ cert: tls/server.pem, key: tls/other.key }',
      ['key: does not match the certificate in "cert"'],
    ],
    [
      '{ certificates: [{ cert: tls/none.pem, key: tls/server.key }] }',
      ['certificates[0].cert: there is no file "tls/none.pem"'],
    ],
    [
      '{ cert: tls/expired.pem, key: tls/expired.key }',
      ['cert: contains a certificate that expired on 2020-02-01'],
    ],
    [
      `{ certificates: [{ ${EXPIRED} }, { ${PAIR} }] }`,
      [
        'c.yaml:2:41  warning: server.tls.certificates[0].cert: contains a certificate that expired on 2020-02-01; the others are served without it',
      ],
    ],
    [
      `{ certificates: [{ ${EXPIRED} }, { ${EXPIRED} }] }`,
      [
        'certificates[0].cert: contains a certificate that expired on 2020-02-01',
        'certificates[1].cert: contains a certificate that expired on 2020-02-01',
      ],
    ],
    [
      `{ certificates: [{ ${EXPIRED} }, { cert: tls/server.pem, key: tls/other.key }] }`,
      [
        'certificates[0].cert: contains a certificate that expired on 2020-02-01',
        'certificates[1].key: does not match the certificate in "cert"',
      ],
    ],
    [`{ ${PAIR}, clientAuth: required }`, ['clientAuth: also needs a "clientCa"']],
    [`{ ${PAIR}, clientCa: tls/server.key }`, ['clientCa: contains no PEM certificate']],
  ])('%s', async (tls, faults) => {
    expect(await told(tls)).toEqual(faults);
  });
});
