/** docs/recipes: CORS, a canary, and TLS. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { GatewayError } from '../../src/core/errors.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { Page } from '../helpers/page.ts';
import { openSecure, serialOf } from '../helpers/secure-client.ts';
import { identity, pem, startSecure } from '../helpers/secure-upstream.ts';
import { served } from './served.ts';

const fixture = (name: string) => `test/fixtures/tls/${name}`;

describe('docs/recipes/cors.md', () => {
  const page = new Page('docs/recipes/cors.md');
  const [example] = page.blocks('yaml');
  const shop: FakeUpstream = () => ({ headers: { 'access-control-allow-origin': '*' } });

  test('answers a preflight with the fields on the page, and asks no upstream', async () => {
    let calls = 0;
    const { fetch } = await served(example!, { upstreams: { shop: () => ((calls += 1), {}) } });
    const response = await fetch('/api/cart', {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example.com', 'access-control-request-method': 'POST' },
    });
    const [status, ...fields] = page.blocks('http')[0]!.trim().split('\n');
    expect(status).toContain(` ${response.status} `);
    const told = fields.map((field) => field.split(': ')[0]!);
    expect(fields).toEqual(told.map((name) => `${name}: ${response.headers.get(name)}`));
    expect(calls).toBe(0);
  });

  test('lets pages of the listed origins read responses, and nobody else', async () => {
    const { fetch } = await served(example!, { upstreams: { shop } });
    const allowed = async (origin: string) =>
      (await fetch('/api/cart', { headers: { origin } })).headers.get(
        'access-control-allow-origin',
      );
    expect(await allowed('https://shop.example.com')).toBe('https://shop.example.com');
    expect(await allowed('https://pr-7.preview.example.com')).toBe(
      'https://pr-7.preview.example.com',
    );
    expect(await allowed('https://evil.example')).toBeNull();
  });
});

describe('docs/recipes/canary.md', () => {
  const [example] = new Page('docs/recipes/canary.md').blocks('yaml');
  const named =
    (body: string): FakeUpstream =>
    () => ({ body });

  test.each([
    [{}, 'old'],
    [{ 'x-canary': '1' }, 'new'],
    [{ 'x-canary': '2' }, 'old'],
    [{ cookie: 'canary=true' }, 'new'],
    [{ cookie: 'canary=no' }, 'old'],
  ])('a request with %j gets the %s version', async (headers, version) => {
    const { fetch } = await served(example!, {
      upstreams: { shop: named('old'), 'shop-next': named('new') },
    });
    expect(await (await fetch('/products', { headers })).text()).toBe(version);
  });

  test('gets the old one, marked, while the new one is down', async () => {
    const { fetch } = await served(example!, {
      upstreams: {
        shop: named('old'),
        'shop-next': () => {
          throw new GatewayError('GW_UPSTREAM_CONNECT', 'refused');
        },
      },
    });
    const response = await fetch('/products', { headers: { 'x-canary': '1' } });
    expect(await response.text()).toBe('old');
    expect(response.headers.get('gateway-fallback')).toBe('unavailable');
  });
});

describe('docs/recipes/tls.md', () => {
  const [clients, upstreams] = new Page('docs/recipes/tls.md').blocks('yaml') as [string, string];

  /** The folder that the examples expect; copies of the fixtures. */
  function folder(files: Readonly<Record<string, string>>): string {
    const made = mkdtempSync(join(tmpdir(), 'portico-recipe-'));
    onTestFinished(() => rmSync(made, { recursive: true }));
    mkdirSync(join(made, 'tls'));
    for (const [name, from] of Object.entries(files)) {
      copyFileSync(fixture(from), join(made, 'tls', name));
    }
    return made;
  }

  const config = (example: string, at: string): Readonly<Record<string, unknown>> => {
    const text = example.replaceAll(/: tls\//g, `: ${at}/tls/`);
    const { server, ...rest } = parse(text) as { readonly server?: object };
    return { ...rest, server: { ...server, port: 0 } };
  };

  test('serves the certificate of the name that a client asks for', async () => {
    const at = folder({
      'shop.crt': 'server.pem',
      'shop.key': 'server.key',
      'internal.crt': 'other.pem',
      'internal.key': 'other.key',
    });
    const { url } = await startGateway({
      config: config(clients, at),
      upstreams: { shop: () => ({}) },
    });
    const serialFor = async (servername: string) =>
      serialOf(await openSecure(url, { servername, rejectUnauthorized: false }));
    expect(await serialFor('localhost')).not.toBe(await serialFor('other.internal'));
  });

  test('calls an upstream with a private authority and a client certificate', async () => {
    const at = folder({
      'internal-ca.pem': 'ca.pem',
      'gateway.crt': 'client.pem',
      'gateway.key': 'client.key',
    });
    const asking = { ...identity('server'), ca: pem('ca.pem'), requestCert: true };
    const { url: origin } = await startSecure((_request, response) => response.end('paid'), asking);
    const { fetch } = await startGateway({
      config: config(upstreams.replace('https://billing.internal:8443', origin), at),
    });
    const response = await fetch('/billing/1');
    expect([response.status, await response.text()]).toEqual([200, 'paid']);
  });
});
