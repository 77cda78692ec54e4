import { once } from 'node:events';
import { Agent, get } from 'node:https';
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { open, parse, problemCode, receive } from '../gateway/support/socket.ts';
import { ask, openSecure, serialOf } from '../helpers/secure-client.ts';
import { identity } from '../helpers/secure-upstream.ts';
import { certificateFolder, listenTls, metricsOf, pair, serial } from './gateway.ts';

describe('a port with tls', () => {
  test('serves https, and tells upstreams so', async () => {
    const seen: unknown[] = [];
    const { url } = await listenTls(pair('server'), {
      up: ({ headers }) => {
        seen.push(headers['x-forwarded-proto']);
        return { body: { ok: true } };
      },
    });
    expect(url).toMatch(/^https:/);
    expect(await ask(`${url}/x`)).toMatchObject({ status: 200, body: '{"ok":true}' });
    expect(seen).toEqual(['https']);
  });

  test('serves without the one of several certificates that has expired', async () => {
    const gateway = await listenTls({ certificates: [pair('expired'), pair('other')] });
    for (const servername of ['localhost', 'other.internal']) {
      const socket = await openSecure(gateway.url, { servername, rejectUnauthorized: false });
      expect(serialOf(socket)).toBe(serial('other'));
    }
    // Who watches for the end of certificates sees that of this one.
    expect(await metricsOf(gateway)).toMatch(/expiry_seconds\{name="localhost"\} 1580515200/);
  });

  test('speaks TLS 1.2 with ECDHE and AEAD, and nothing older or weaker', async () => {
    const { url } = await listenTls(pair('server'));
    const old = await openSecure(url, { maxVersion: 'TLSv1.2' });
    expect(old.getCipher().name).toMatch(/^ECDHE-ECDSA-.*(GCM|POLY1305)/);
    for (const bad of [
      { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' },
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' },
      { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' },
    ] as const) {
      await expect(openSecure(url, bad)).rejects.toThrow();
    }
  });

  test('speaks TLS 1.3 alone where it is told so', async () => {
    const { url } = await listenTls({ ...pair('server'), minVersion: 'TLSv1.3' });
    await expect(openSecure(url, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
    expect((await openSecure(url)).getProtocol()).toBe('TLSv1.3');
  });

  test('tells who speaks HTTP without TLS so, in words that it understands', async () => {
    const gateway = await listenTls(pair('server'));
    const plain = await open(gateway.url);
    plain.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n');
    const answer = parse(await receive(plain));
    expect([answer.status, problemCode(answer)]).toEqual([400, 'GW_REQUEST_INVALID']);
    expect(answer.body).toContain('HTTPS');
    expect(answer.headers['connection']).toBe('close');
    const metric = 'portico_errors_total{route="unmatched",code="GW_REQUEST_INVALID"} 1';
    expect(await metricsOf(gateway)).toContain(metric);
    plain.end();
    expect((await ask(gateway.url)).status).toBe(200);
  });

  test.each(['\x00\x01\x02\x03nothing', 'SSH-2.0-OpenSSH_9.9\r\n', '\x16\x03\x01\x00\x05hello'])(
    'ends a connection that speaks neither (%j), without an answer',
    async (words) => {
      const { url } = await listenTls(pair('server'));
      const socket = await open(url);
      socket.write(words, 'latin1');
      expect(await receive(socket)).not.toContain('HTTP/');
      expect((await ask(url)).status).toBe(200);
    },
  );

  test('ends a connection that is slow to speak TLS, and serves on', async () => {
    const { url } = await listenTls(pair('server'), {
      server: { limits: { headersTimeout: '200ms' } },
    });
    const silent = await open(url);
    expect(await receive(silent)).toBe('');
    expect((await ask(url)).status).toBe(200);
  });

  test('answers 408 to a head that is slow, as without TLS', async () => {
    const { url } = await listenTls(pair('server'), {
      server: { limits: { headersTimeout: '200ms' } },
    });
    const socket = await openSecure(url);
    socket.write('GET / HTTP/1.1\r\n');
    expect(await receive(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('the certificate', () => {
  const several = { certificates: [pair('server'), pair('wildcard'), pair('other')] };

  test.each([
    ['orders.internal', 'server'],
    ['OTHER.internal', 'other'],
    ['one.wild.internal', 'wildcard'],
    ['any.wild.internal', 'wildcard'],
    ['a.b.wild.internal', 'server'],
    ['wild.internal', 'server'],
    ['unknown.example', 'server'],
    ['constructor', 'server'],
    [undefined, 'server'],
  ])('for %s is that of %s', async (servername, name) => {
    const { url } = await listenTls(several);
    const socket = await openSecure(url, servername === undefined ? {} : { servername });
    expect(serialOf(socket)).toBe(serial(name));
  });

  test('by exact name goes before one by wildcard', async () => {
    const folder = certificateFolder('wildcard');
    const { url } = await listenTls({ certificates: [pair('server'), folder, pair('wildcard')] });
    const socket = await openSecure(url, { servername: 'one.wild.internal' });
    expect(serialOf(socket)).toBe(serial('wildcard'));
  });

  test.each(['ä', '*.wild.internal', '.', '__proto__', 'x'.repeat(250)])(
    'for a name that is none (%j) does no harm',
    async (servername) => {
      const { url } = await listenTls(several);
      const { hostname: host, port } = new URL(url);
      const socket = connect({ host, port: Number(port), servername, rejectUnauthorized: false });
      socket.on('error', () => undefined);
      await Promise.race([once(socket, 'secureConnect'), once(socket, 'close')]);
      socket.destroy();
      expect((await ask(url)).status).toBe(200);
    },
  );

  test('tells when it ends', async () => {
    const gateway = await listenTls(several);
    const text = await metricsOf(gateway);
    const ends = Date.UTC(2125, 0, 1) / 1_000;
    expect(text).toContain(`portico_tls_certificate_expiry_seconds{name="localhost"} ${ends}`);
    expect(text).toContain('portico_tls_certificate_expiry_seconds{name="*.wild.internal"}');
  });
});

describe('new files', () => {
  test('are used for new connections, while those before live on', async () => {
    const folder = certificateFolder('server');
    const gateway = await listenTls({ cert: folder.cert, key: folder.key });
    const before = await openSecure(gateway.url);
    folder.put('self-signed');
    await expect
      .poll(async () => serialOf(await openSecure(gateway.url)))
      .toBe(serial('self-signed'));
    const named = await openSecure(gateway.url, { servername: 'localhost' });
    expect(serialOf(named)).toBe(serial('self-signed'));
    before.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    expect(await receive(before)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await metricsOf(gateway)).toContain('portico_tls_reloads_total{result="applied"} 1');
  });

  test('that are no pair are refused once, and the pair before stays', async () => {
    const folder = certificateFolder('server');
    const gateway = await listenTls({ cert: folder.cert, key: folder.key });
    const rejected = 'portico_tls_reloads_total{result="rejected"} 1';
    writeFileSync(folder.key, identity('other').key);
    await expect.poll(() => metricsOf(gateway)).toContain(rejected);
    writeFileSync(folder.key, identity('other').key);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await metricsOf(gateway)).toContain(rejected);
    expect((await ask(gateway.url)).serial).toBe(serial('server'));

    folder.put('self-signed');
    await expect
      .poll(async () => serialOf(await openSecure(gateway.url)))
      .toBe(serial('self-signed'));
  });

  test('are seen where a link beside them is turned, as Kubernetes does', async () => {
    const { cert } = certificateFolder('server');
    const folder = dirname(cert);
    const version = (name: string, put: string): void => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'tls.crt'), identity(put).cert);
      writeFileSync(join(folder, name, 'tls.key'), identity(put).key);
      symlinkSync(name, join(folder, '..data.new'));
      renameSync(join(folder, '..data.new'), join(folder, '..data'));
    };
    version('..1', 'server');
    for (const file of ['tls.crt', 'tls.key']) {
      unlinkSync(join(folder, file));
      symlinkSync(join('..data', file), join(folder, file));
    }
    const { url } = await listenTls({ cert, key: join(folder, 'tls.key') });
    version('..2', 'self-signed');
    rmSync(join(folder, '..1'), { recursive: true });
    await expect.poll(async () => serialOf(await openSecure(url))).toBe(serial('self-signed'));
  });

  test('fail no request, under load', async () => {
    const folder = certificateFolder('server');
    const { url } = await listenTls({ cert: folder.cert, key: folder.key });
    const agent = new Agent({ rejectUnauthorized: false, keepAlive: true, maxSockets: 4 });
    const statuses = new Map<unknown, number>();
    const load = { goesOn: true };
    const client = async (own: Agent | false): Promise<void> => {
      while (load.goesOn) {
        const status = await new Promise<unknown>((resolve) => {
          get(url, { agent: own, rejectUnauthorized: false }, (response) => {
            response.resume().once('end', () => resolve(response.statusCode));
          }).once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
        });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const clients = [agent, agent, false as const, false as const].map(client);
    for (const name of ['self-signed', 'other', 'wildcard', 'self-signed']) {
      folder.put(name);
      await expect.poll(async () => serialOf(await openSecure(url))).toBe(serial(name));
    }
    load.goesOn = false;
    await Promise.all(clients);
    agent.destroy();
    expect([...statuses.keys()]).toEqual([200]);
    expect(statuses.get(200)).toBeGreaterThan(50);
  });
});
