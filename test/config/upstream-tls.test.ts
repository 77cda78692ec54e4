import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { identity, pem } from '../helpers/secure-upstream.ts';
import { configOf, faultsOf, type Files, folderOf, load } from './config-files.ts';

const PEMS: Files = {
  'tls/ca.pem': pem('ca.pem'),
  'tls/client.pem': pem('client.pem'),
  'tls/client.key': pem('client.key'),
};

const authority = (): { readonly ca: string } => ({ ca: pem('ca.pem') });

const upstream = (tls: string, targets = '[https://a:1]'): string =>
  `version: 1\nupstreams:\n  a: { targets: ${targets}, tls: ${tls} }`;

/** What is wrong with `tls`, without the place. */
async function told(tls: string, environment = {}): Promise<string[]> {
  const faults = await faultsOf({ 'c.yaml': upstream(tls), ...PEMS }, environment);
  return faults.map((fault) => fault.replace(/^c\.yaml:3:\d+ {2}upstreams\.a\.tls\.?/, ''));
}

describe('the tls of an upstream', () => {
  test('names files from the folder of the config file that says so', async () => {
    const folder = folderOf({
      'c.yaml': 'version: 1\ninclude: [parts/*.yaml]',
      'parts/a.yaml': [
        'upstreams:',
        '  a: { targets: [https://a:1], tls: { ca: ../tls/ca.pem, servername: a.internal } }',
      ].join('\n'),
      ...PEMS,
    });
    const { config } = await load(join(folder, 'c.yaml'), {});
    expect(config.upstreams['a']?.tls).toEqual({ ...authority(), servername: 'a.internal' });
    expect(config.files).toContain(join(folder, 'tls/ca.pem'));
  });

  test('may hold the text itself, as the environment or a file gives it', async () => {
    const file = join(process.cwd(), 'test/fixtures/tls/client.key');
    const text = upstream(`{ cert: "\${CERT}", key: "\${file:${file}}" }`);
    const { upstreams } = await configOf(text, { CERT: pem('client.pem') });
    expect(upstreams['a']?.tls?.cert).toBe(pem('client.pem'));
    expect(upstreams['a']?.tls?.key).toBe(pem('client.key').trimEnd());
  });

  test('comes from the defaults where an upstream has none; its own replaces it', async () => {
    const folder = folderOf({
      'c.yaml': [
        'version: 1',
        'defaults: { upstreams: { http2: true, tls: { ca: tls/ca.pem } } }',
        'upstreams:',
        '  a: { targets: [https://a:1] }',
        '  b: { targets: [https://b:1], http2: false, tls: { servername: b.internal } }',
      ].join('\n'),
      ...PEMS,
    });
    const { config } = await load(join(folder, 'c.yaml'), {});
    expect(config.upstreams['a']).toMatchObject({ http2: true, tls: authority() });
    expect(config.upstreams['b']).toMatchObject({ http2: false });
    expect(config.upstreams['b']?.tls).toEqual({ servername: 'b.internal' });
  });
});

describe('it is a fault', () => {
  test.each([
    ['{ ca: tls/none.pem }', 'ca: there is no file "tls/none.pem"'],
    ['{ ca: tls }', 'ca: (EISDIR) cannot read the file "tls"'],
    ['{ ca: c.yaml }', 'ca: contains no PEM certificate'],
    ['{ ca: tls/client.key }', 'ca: contains no PEM certificate'],
    ['{ cert: tls/client.pem }', 'cert: also needs a "key"'],
    ['{ key: tls/client.key }', 'key: also needs a "cert"'],
    ['{ cert: tls/client.pem, key: tls/client.pem }', 'key: contains no PEM private key'],
    ['{ cert: tls/ca.pem, key: tls/client.key }', 'key: does not match the certificate in "cert"'],
    ['{ servername: "10.0.0.1" }', 'servername: must be a name, not an address'],
    ['{ servername: "a:443" }', 'servername: "a:443" is not a host name, such as orders.internal'],
    ['{ verify: false }', 'verify: unknown key (known: ca, cert, key, servername)'],
  ])('%s', async (tls, fault) => {
    expect(await told(tls)).toEqual([fault]);
  });

  test('that a key has a passphrase', async () => {
    const tls = '{ cert: "${CERT}", key: "${KEY}" }';
    expect(await told(tls, { CERT: pem('server.pem'), KEY: pem('locked.key') })).toEqual([
      'key: contains a key with a passphrase: use one without',
    ]);
  });

  test('that no target is https', async () => {
    expect(
      await faultsOf(upstream('{ servername: b }', '[http://a:1, { url: "http://b:1" }]')),
    ).toEqual(['c.yaml:3:54  upstreams.a.tls: has no effect: none of the targets is https']);
    expect(await faultsOf(upstream('{ servername: b }', '[http://a:1, https://b:1]'))).toEqual([]);
  });

  test('that is told without a word of the secret', async () => {
    const { key } = identity('client');
    const lines = key.trim().split('\n');
    const headless = lines.slice(1).join('\n');
    for (const value of [headless, lines[1]!, `-----BEGIN PRIVATE KEY-----\n${lines[1]}x`]) {
      const [fault, ...others] = await told('{ cert: tls/client.pem, key: "${KEY}" }', {
        KEY: value,
      });
      expect(others).toEqual([]);
      expect(fault).toMatch(/^key: /);
      for (let i = 0; i + 8 < lines[1]!.length; i++) {
        expect(fault).not.toContain(lines[1]!.slice(i, i + 8));
      }
    }
  });
});
