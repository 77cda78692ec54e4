import { describe, expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { parse, problemCode, type RawResponse, talk } from '../gateway/support/socket.ts';
import { metricsOf } from './gateway.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

const listening = (redirectHttps: unknown = true, server: object = {}) =>
  startGateway({
    config: {
      admin: { port: 0 },
      server: {
        listeners: { plain: { ...LOOPBACK, redirectHttps }, serving: LOOPBACK },
        ...server,
      },
      routes: { all: { match: { path: '/*' }, respond: { body: 'served' } } },
    },
  });

type Listening = Awaited<ReturnType<typeof listening>>;

const plainOf = ({ gateway }: Listening): string =>
  gateway.listeners.find(({ name }) => name === 'plain')!.url;

/** One request as bytes: its first line, then its fields. */
async function send(gateway: Listening, ...lines: readonly string[]): Promise<RawResponse> {
  const fields = [...lines, 'connection: close'];
  return parse(await talk(plainOf(gateway), `${fields.join('\r\n')}\r\n\r\n`));
}

const locationOf = async (gateway: Listening, ...lines: readonly string[]): Promise<string> => {
  const { status, headers } = await send(gateway, ...lines);
  expect(status).toBe(308);
  return headers['location'] ?? '';
};

describe('a listener with redirectHttps', () => {
  test('sends to https with host, path and query, without the port', async () => {
    const gateway = await listening();
    for (const host of ['shop.example', 'shop.example:8080', 'SHOP.example.']) {
      expect(await locationOf(gateway, 'GET /a%20b?q=%0d&r HTTP/1.1', `host: ${host}`)).toBe(
        'https://shop.example/a%20b?q=%0d&r',
      );
    }
    expect(await locationOf(gateway, 'GET /x HTTP/1.1', 'host: [2001:DB8::1]:80')).toBe(
      'https://[2001:db8::1]/x',
    );
  });

  test('names the port where it is not 443', async () => {
    const gateway = await listening({ port: 8443 });
    expect(await locationOf(gateway, 'GET / HTTP/1.1', 'host: a.example:80')).toBe(
      'https://a.example:8443/',
    );
  });

  test('keeps the method by its status, and wants no body', async () => {
    const gateway = await listening();
    const post = ['POST /orders HTTP/1.1', 'host: a', 'content-length: 1000000'];
    const { status, headers, body } = await send(gateway, ...post);
    expect([status, headers['content-length'], body]).toEqual([308, '0', '']);
    expect(headers['connection']).toBe('close');
  });

  test.each([
    ['//evil.example/x', 'https://a/evil.example/x'],
    ['/\\evil.example', undefined],
    ['/%5Cevil.example', undefined],
    ['/./..//evil.example', 'https://a/evil.example'],
    ['/@evil.example', 'https://a/@evil.example'],
    ['http://evil.example/x', 'https://evil.example/x'],
    ['http://user@evil.example/x', undefined],
    ['ftp://evil.example/x', undefined],
    ['/a%0d%0aset-cookie:%20a=b', undefined],
    ['/?x=%0d%0aset-cookie:%20a=b', 'https://a/?x=%0d%0aset-cookie:%20a=b'],
    ['/?x=ü', undefined],
    ['*', undefined],
  ])('sends %s nowhere but to the host that was asked for', async (target, location) => {
    const gateway = await listening();
    const answer = await send(gateway, `GET ${target} HTTP/1.1`, 'host: a');
    if (location === undefined) expect([400, 308]).toContain(answer.status);
    if (answer.status === 308) {
      const to = answer.headers['location'] ?? '';
      expect(new URL(to).host).toBe(target.startsWith('http://evil') ? 'evil.example' : 'a');
      if (location !== undefined) expect(to).toBe(location);
    } else expect(problemCode(answer)).toBe('GW_REQUEST_INVALID');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test.each([
    'a b',
    'a/evil.example',
    'a@evil.example',
    'a?b',
    'a#b',
    'a\\b',
    'a:b',
    'a:443:80',
    'ä',
    '',
    'https://evil.example',
  ])('refuses the Host %j', async (host) => {
    const answer = await send(await listening(), 'GET / HTTP/1.1', `host: ${host}`);
    expect([answer.status, problemCode(answer)]).toEqual([400, 'GW_REQUEST_INVALID']);
    expect(answer.headers['location']).toBeUndefined();
  });

  test('refuses two hosts, none, and framing that could be read in two ways', async () => {
    const gateway = await listening();
    for (const fields of [
      ['host: a', 'host: b'],
      [],
      ['host: a', 'transfer-encoding: gzip, chunked'],
    ]) {
      expect((await send(gateway, 'POST / HTTP/1.1', ...fields)).status).toBe(400);
    }
  });

  test('has the limits of all listeners', async () => {
    const gateway = await listening(true, {
      listeners: { plain: { ...LOOPBACK, redirectHttps: true }, serving: LOOPBACK },
      limits: { url: '1KiB', headers: '1KiB' },
    });
    const long = 'a'.repeat(1_100);
    expect((await send(gateway, `GET /${long} HTTP/1.1`, 'host: a')).status).toBe(414);
    expect((await send(gateway, 'GET / HTTP/1.1', 'host: a', `x: ${long}`)).status).toBe(431);
  });

  test('believes no client that says it came by https', async () => {
    const gateway = await listening();
    const fields = ['host: a', 'x-forwarded-proto: https', 'x-forwarded-host: evil.example'];
    expect(await locationOf(gateway, 'GET /x HTTP/1.1', ...fields)).toBe('https://a/x');
  });

  test('serves what came to a trusted proxy by https, and redirects the rest to its host', async () => {
    const gateway = await listening(true, { trustedProxies: ['127.0.0.1'] });
    const proto = (scheme: string): string[] => [
      'host: inside',
      `x-forwarded-proto: ${scheme}`,
      'x-forwarded-host: shop.example',
    ];
    expect((await send(gateway, 'GET / HTTP/1.1', ...proto('https'))).body).toContain('served');
    expect(await locationOf(gateway, 'GET /x HTTP/1.1', ...proto('http'))).toBe(
      'https://shop.example/x',
    );
  });

  test('is counted, and is not the address of the gateway', async () => {
    const gateway = await listening();
    await locationOf(gateway, 'GET / HTTP/1.1', 'host: a');
    expect(await metricsOf(gateway)).toMatch(
      /portico_requests_total\{route="unmatched".*method="GET",status="308"\} 1/,
    );
    expect(gateway.url).toBe(gateway.gateway.listeners[0]?.url);
    expect(gateway.gateway.listeners.map(({ name }) => name)).toEqual(['serving', 'plain']);
  });

  test('is explained where no plain listener serves', async () => {
    const { gateway } = await startGateway({
      config: {
        server: { ...LOOPBACK, redirectHttps: true, trustedProxies: ['10.0.0.1'] },
        routes: { all: { match: { path: '/*' }, respond: {} } },
      },
    });
    const question = {
      method: 'GET',
      url: 'http://a.example/x',
      headers: [],
      address: '127.0.0.1',
    };
    const { outcome } = await gateway.explain(question);
    expect(outcome).toMatchObject({
      kind: 'answered',
      status: 308,
      headers: { location: 'https://a.example/x' },
    });
    const secure = await gateway.explain({ ...question, url: 'https://a.example/x' });
    expect(secure.outcome).toMatchObject({ status: 200 });
  });
});
