import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { faultsOf, withOrders } from '../config/config-files.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { request } from '../gateway/support/socket.ts';
import { startRecorder } from '../gateway/support/upstream.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { pair } from '../listener/gateway.ts';

/** A gateway that 127.0.0.1, if trusted, tells the client's address in one field. */
async function told({ trusted = '127.0.0.1', route = {}, field = 'CF-Connecting-IP', tls = {} }) {
  const upstream = await startRecorder();
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(...chunk.toString().trim().split('\n'));
      done();
    },
  });
  const { url } = await startGateway({
    log: pino({ level: 'info' }, sink),
    config: {
      telemetry: { logs: { access: true } },
      server: { trustedProxies: [trusted, '10.0.0.0/8'], clientAddress: field, ...tls },
      upstreams: { up: { targets: [upstream.url] } },
      routes: { all: forwardTo('/*', route) },
    },
  });
  const send = async (...fields: string[]): Promise<number> =>
    (await request(url, ['GET / HTTP/1.1', 'Host: a', ...fields])).status;
  const seen = () => upstream.received.at(-1)?.headers ?? {};
  const logged = () => (JSON.parse(lines.at(-1)!) as { address: string }).address;
  return { url, send, seen, logged };
}

describe('the field of clientAddress', () => {
  test.each([
    ['203.0.113.9', '203.0.113.9'],
    [' 203.0.113.9:4711 ', '203.0.113.9'],
    ['2001:0DB8::1', '2001:db8::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
  ])('gives the address: %s', async (text, address) => {
    const { send, seen, logged } = await told({});
    await send(`CF-Connecting-IP: ${text}`, 'X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https');
    expect(seen()).toMatchObject({
      'x-forwarded-for': `${address}, 127.0.0.1`,
      'x-forwarded-proto': 'https',
      'cf-connecting-ip': text.trim(),
    });
    expect(String(seen()['forwarded'])).toMatch(/^for="?\[?2?/);
    await expect.poll(logged).toBe(address);
  });

  test('keeps the chain of proxies if the lists give the same address', async () => {
    const { send, seen } = await told({});
    const lists = ['X-Forwarded-For: 203.0.113.9, 10.0.0.2', 'X-Forwarded-Proto: https, http'];
    await send('CF-Connecting-IP: 203.0.113.9', ...lists);
    expect(seen()).toMatchObject({
      'x-forwarded-for': '203.0.113.9, 10.0.0.2, 127.0.0.1',
      'x-forwarded-proto': 'https',
    });
  });

  test.each([
    ['', ['CF-Connecting-IP:']],
    ['no address', ['CF-Connecting-IP: garbage']],
    ['a list', ['CF-Connecting-IP: 203.0.113.9, 203.0.113.8']],
    ['there twice', ['CF-Connecting-IP: 203.0.113.9', 'CF-Connecting-IP: 203.0.113.8']],
    ['there twice, with one value', ['CF-Connecting-IP: 1.2.3.4', 'CF-Connecting-IP: 1.2.3.4']],
    ['of another machine', ['CF-Connecting-IP: fe80::1%eth0']],
    ['not there', []],
    ['spelt with _', ['CF_Connecting_IP: 203.0.113.9']],
  ])('that is %s does not count: the peer is the client', async (_what, fields) => {
    const { send, seen, logged } = await told({});
    await send(...fields, 'X-Forwarded-For: 6.6.6.6', 'True-Client-IP: 6.6.6.6');
    expect(seen()['x-forwarded-for']).toBe('127.0.0.1');
    expect(Object.keys(seen())).not.toContain('cf-connecting-ip');
    expect(Object.keys(seen())).not.toContain('true-client-ip');
    await expect.poll(logged).toBe('127.0.0.1');
  });

  test('is believed only from trusted proxies', async () => {
    const { send, seen } = await told({ trusted: '192.0.2.1' });
    await send('CF-Connecting-IP: 203.0.113.9');
    expect(seen()['x-forwarded-for']).toBe('127.0.0.1');
    expect(Object.keys(seen())).not.toContain('cf-connecting-ip');
  });

  test.each(['Fly-Client-IP', 'X-Real-IP', 'X-Own-Address'])('may be %s', async (field) => {
    const { send, seen } = await told({ field });
    await send(`${field}: 203.0.113.9`);
    expect(seen()['x-forwarded-for']).toBe('203.0.113.9, 127.0.0.1');
    const stranger = await told({ field, trusted: '192.0.2.1' });
    await stranger.send(`${field}: 203.0.113.9`);
    expect(Object.keys(stranger.seen())).not.toContain(field.toLowerCase());
  });

  test('is what the plugin ip uses', async () => {
    const { send } = await told({ route: { ip: { allow: ['203.0.113.0/24'] } } });
    expect(await send('CF-Connecting-IP: 203.0.113.9')).toBe(200);
    expect(await send('CF-Connecting-IP: 198.51.100.1', 'X-Forwarded-For: 203.0.113.9')).toBe(403);
    expect(await send('X-Forwarded-For: 203.0.113.9')).toBe(403);
  });

  test('is what rateLimit uses to count by address', async () => {
    const rateLimit = { max: 1, window: '1h', by: 'address' };
    const { send } = await told({ route: { rateLimit } });
    expect(await send('CF-Connecting-IP: 203.0.113.9')).toBe(200);
    expect(await send('CF-Connecting-IP: 203.0.113.9', 'X-Forwarded-For: 1.1.1.1')).toBe(429);
    expect(await send('CF-Connecting-IP: 203.0.113.8')).toBe(200);
  });

  test('is read over HTTP/2, once', async () => {
    const { url, seen } = await told({ tls: { tls: pair('server') } });
    const session = await openH2(url);
    await fetchH2(session, { ':path': '/', 'cf-connecting-ip': '203.0.113.9' });
    expect(seen()['x-forwarded-for']).toBe('203.0.113.9, 127.0.0.1');
    await fetchH2(session, { ':path': '/', 'cf-connecting-ip': ['203.0.113.9', '203.0.113.8'] });
    expect(seen()['x-forwarded-for']).toBe('127.0.0.1');
  });

  test.each(['x-forwarded-for', 'Forwarded', 'x_client', 'Host', 'a b'])(
    'may not be %s',
    async (field) => {
      const text = withOrders(
        `server: { trustedProxies: [10.0.0.1], clientAddress: ${JSON.stringify(field)} }`,
      );
      expect((await faultsOf(text)).join()).toContain('server.clientAddress: "');
    },
  );
});

describe('where a client comes from', () => {
  const FIELDS = [
    'X-Client-IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'X-Cluster-Client-IP',
    'Client-IP',
    'Fastly-Client-IP',
    'X-Originating-IP',
    'X-Remote-Addr',
    'X-ProxyUser-Ip',
    'X-Envoy-External-Address',
    'X-Original-Host',
    'X-Host',
    'X-Scheme',
    'X-Url-Scheme',
    'Front-End-Https',
    'X-Azure-ClientIP',
    'X-Original-Forwarded-For',
    'CF-Visitor',
  ];
  const lines = FIELDS.map((name) => `${name}: 6.6.6.6`);
  const spelt = FIELDS.map((name) => `${name.replaceAll('-', '_')}: 6.6.6.6`);

  async function relay(server: object) {
    const upstream = await startRecorder();
    const { url } = await startGateway({
      config: {
        server,
        upstreams: { up: { targets: [upstream.url] } },
        routes: { all: forwardTo('/*') },
      },
    });
    await request(url, ['GET / HTTP/1.1', 'Host: a', ...lines, ...spelt]);
    return JSON.stringify(upstream.received[0]?.rawHeaders);
  }

  test('cannot be said by a client, in any field or spelling', async () => {
    expect(await relay({})).not.toContain('6.6.6.6');
    expect(await relay({ trustedProxies: ['192.0.2.1'] })).not.toContain('6.6.6.6');
  });

  test('is passed on if a trusted proxy says it', async () => {
    const sent = (await relay({ trustedProxies: ['127.0.0.1'] })).toLowerCase();
    for (const name of FIELDS) expect(sent).toContain(`"${name.toLowerCase()}"`);
    expect(sent).not.toContain('_');
  });

  test('cannot be said by a client over HTTP/2', async () => {
    const upstream = await startRecorder();
    const { url } = await startGateway({
      config: {
        server: { tls: pair('server') },
        upstreams: { up: { targets: [upstream.url] } },
        routes: { all: forwardTo('/*') },
      },
    });
    const fields = Object.fromEntries(FIELDS.map((name) => [name.toLowerCase(), '6.6.6.6']));
    await fetchH2(await openH2(url), { ':path': '/', ...fields });
    expect(JSON.stringify(upstream.received[0]?.headers)).not.toContain('6.6.6.6');
  });
});
