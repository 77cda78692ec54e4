import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, receive, talk } from '../gateway/support/socket.ts';
import { manualClock } from '../helpers/clock.ts';
import { PREFACE, frame, TYPE } from '../helpers/h2-frames.ts';
import { binary, line } from '../helpers/proxy-headers.ts';
import { socketFile } from '../helpers/socket-file.ts';
import { eventually } from '../helpers/upstream.ts';
import { refusedNotice } from '../../src/listener/refused-notice.ts';
import { metricsOf, pair } from './gateway.ts';

const CLIENT = '203.0.113.7';
const GET = 'GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';

/** A gateway behind a proxy on loopback; it answers with the fields that upstreams get. */
async function behind(proxyProtocol: unknown, server: object = {}, route: object = {}) {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const write = (text: string): void => void lines.push(JSON.parse(text) as never);
  const log = pino({ level: 'info' }, { write });
  const gateway = await startGateway({
    log,
    config: {
      admin: { port: 0 },
      telemetry: { logs: { access: true } },
      server: {
        proxyProtocol,
        ...(typeof proxyProtocol === 'string' && { trustedProxies: ['127.0.0.1'] }),
        ...server,
      },
      routes: { all: forwardTo('/*', route) },
    },
    upstreams: { up: ({ headers }) => ({ body: { ...headers } }) },
  });
  return { ...gateway, lines };
}

/** What upstreams get of a request that begins with `header`. */
async function fieldsOf(url: string, header: string | Buffer, fields = ''): Promise<object> {
  const request = GET.replace('\r\n\r\n', `\r\n${fields}\r\n`);
  const text = await talk(
    url,
    Buffer.concat([Buffer.from(header), Buffer.from(request)]).toString('latin1'),
  );
  return JSON.parse(/\{.*\}/.exec(text)?.[0] ?? '') as object;
}

const statusOf = (text: string): number => Number(text.split(' ')[1]);

describe.each([
  ['v1', line],
  ['v2', (address: string) => binary({ address }).toString('latin1')],
] as const)('the PROXY protocol %s', (version, headerOf) => {
  test('tells upstreams, limits and the log the address of the client', async () => {
    const limit = { rateLimit: { max: 2, window: '1h', by: 'address' } };
    const { url, lines } = await behind(version, {}, limit);
    expect(await fieldsOf(url, Buffer.from(headerOf(CLIENT), 'latin1'))).toMatchObject({
      'x-forwarded-for': CLIENT,
      forwarded: expect.stringContaining(`for=${CLIENT}`) as string,
    });
    expect(statusOf(await talk(url, headerOf(CLIENT) + GET))).toBe(200);
    expect(statusOf(await talk(url, headerOf(CLIENT) + GET))).toBe(429);
    expect(statusOf(await talk(url, headerOf('203.0.113.8') + GET))).toBe(200);
    await eventually(() => lines.filter(({ msg }) => msg === 'request').length === 4);
    const addresses = lines.filter(({ msg }) => msg === 'request').map(({ address }) => address);
    expect(addresses).toEqual([CLIENT, CLIENT, CLIENT, '203.0.113.8']);
  });

  test('is what lists of addresses judge by', async () => {
    const { url } = await behind(version, {}, { ip: { deny: ['203.0.113.0/24'] } });
    expect(statusOf(await talk(url, headerOf(CLIENT) + GET))).toBe(403);
    expect(statusOf(await talk(url, headerOf('198.51.100.1') + GET))).toBe(200);
  });

  test('gives each client connections of its own', async () => {
    const { url } = await behind(version, { limits: { connectionsPerAddress: 1 } });
    const first = await open(url);
    first.write(headerOf(CLIENT), 'latin1');
    first.write('GET /x HTTP/1.1\r\nhost: a\r\n\r\n');
    await once(first, 'data');
    expect(await talk(url, headerOf(CLIENT) + GET)).toBe('');
    expect(statusOf(await talk(url, headerOf('203.0.113.8') + GET))).toBe(200);
  });

  test('gives no client the word of the proxy', async () => {
    const { url } = await behind(version);
    const lie = 'x-forwarded-for: 198.51.100.1\r\nx-forwarded-proto: https\r\n';
    expect(await fieldsOf(url, Buffer.from(headerOf(CLIENT), 'latin1'), lie)).toMatchObject({
      'x-forwarded-for': CLIENT,
      'x-forwarded-proto': 'http',
    });
  });

  test('is taken wherever it is split', async () => {
    const { url } = await behind(version);
    const bytes = Buffer.from(headerOf(CLIENT) + GET, 'latin1');
    for (let at = 1; at <= headerOf(CLIENT).length; at += 3) {
      const socket = await open(url);
      socket.write(bytes.subarray(0, at));
      await new Promise(setImmediate);
      socket.write(bytes.subarray(at));
      expect(await receive(socket)).toContain(`"x-forwarded-for":"${CLIENT}"`);
    }
  });

  test('is refused of a peer that is no proxy, which is counted and logged', async () => {
    const gateway = await behind({ version, from: ['192.0.2.1'] });
    expect(await talk(gateway.url, headerOf(CLIENT) + GET)).toBe('');
    expect(await talk(gateway.url, GET)).toBe('');
    const metric = 'portico_connections_refused_total{limit="proxyProtocol"} 2';
    expect(await metricsOf(gateway)).toContain(metric);
    const told = gateway.lines.filter(({ msg }) => msg === 'connection refused: PROXY protocol');
    expect(told).toMatchObject([
      { listener: 'server', peer: '127.0.0.1', why: 'it is none of the proxies' },
    ]);
  });

  test.each([
    ['nothing of the kind', GET],
    ['another header', version === 'v1' ? binary({}).toString('latin1') + GET : line(CLIENT) + GET],
    ['one that goes on', `PROXY ${'1'.repeat(200)}`],
  ])('is asked of a proxy that begins with %s', async (_what, text) => {
    const gateway = await behind(version);
    expect(await talk(gateway.url, text)).toBe('');
    const metric = 'portico_connections_refused_total{limit="proxyProtocol"} 1';
    expect(await metricsOf(gateway)).toContain(metric);
    expect(statusOf(await talk(gateway.url, headerOf(CLIENT) + GET))).toBe(200);
  });

  test('may not take longer than a head', async () => {
    const gateway = await behind(version, { limits: { headersTimeout: '200ms' } });
    const socket = await open(gateway.url);
    socket.write(headerOf(CLIENT).slice(0, 5), 'latin1');
    expect(await receive(socket)).toBe('');
    const [told] = gateway.lines.filter(({ msg }) => String(msg).includes('PROXY'));
    expect(told).toMatchObject({ why: 'its PROXY header took too long' });
  });

  test('comes before TLS', async () => {
    const { url } = await behind(version, { tls: pair('server') });
    const socket = await open(url.replace('https:', 'http:'));
    socket.write(headerOf(CLIENT), 'latin1');
    const secure = connectTls({ socket, rejectUnauthorized: false });
    secure.write(GET);
    const text = await receive(secure);
    expect(text).toContain(`"x-forwarded-for":"${CLIENT}"`);
    expect(text).toContain('"x-forwarded-proto":"https"');
  });

  test('comes before HTTP/2 without TLS', async () => {
    const { url } = await behind(version, { http2: 'prior' });
    const socket = await open(url);
    const begin = Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0)]);
    socket.write(Buffer.concat([Buffer.from(headerOf(CLIENT), 'latin1'), begin]));
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first[3]).toBe(TYPE.settings);
    expect(statusOf(await talk(url, headerOf(CLIENT) + GET))).toBe(200);
  });
});

describe('a PROXY header without an address', () => {
  const lie = 'x-forwarded-for: 198.51.100.1\r\n';

  test('of the proxy itself (LOCAL) is the proxy, which is believed', async () => {
    const { url } = await behind('v2');
    const local = binary({ command: 0x20, kind: 0, body: Buffer.alloc(0) });
    expect(await fieldsOf(url, local)).toMatchObject({ 'x-forwarded-for': '127.0.0.1' });
    expect(await fieldsOf(url, local, lie)).toMatchObject({
      'x-forwarded-for': '198.51.100.1, 127.0.0.1',
    });
  });

  test.each([
    ['v1', 'UNKNOWN', 'PROXY UNKNOWN\r\n'],
    ['v2', 'UNSPEC', binary({ kind: 0, body: Buffer.alloc(0) })],
    ['v2', 'UNIX', binary({ kind: 0x31, body: Buffer.alloc(216) })],
  ])('(%s, %s) has the address of the proxy, and not its trust', async (version, _kind, header) => {
    const { url } = await behind(version);
    expect(await fieldsOf(url, header, lie)).toMatchObject({ 'x-forwarded-for': '127.0.0.1' });
  });
});

test('a proxy in front of the proxy is believed where both are trusted', async () => {
  const { url } = await behind('v1', { trustedProxies: ['127.0.0.1', '192.0.2.0/24'] });
  const told = await fieldsOf(url, line('192.0.2.9'), `x-forwarded-for: ${CLIENT}\r\n`);
  expect(told).toMatchObject({ 'x-forwarded-for': `${CLIENT}, 192.0.2.9` });
});

test('a proxy may connect by a unix socket', async () => {
  const socket = socketFile();
  await behind({ version: 'v1', from: ['unix'] }, { socket });
  const client = connect(socket);
  onTestFinished(() => void client.destroy());
  client.write(line(CLIENT) + GET);
  expect(await receive(client)).toContain(`"x-forwarded-for":"${CLIENT}"`);
});

test('connections without a header yet do not delay the end', async () => {
  const { url, gateway } = await behind('v2');
  const ended = receive(await open(url));
  expect(await gateway.close()).toBe(true);
  expect(await ended).toBe('');
});

test('refusals are logged once a minute, with the number of those between', () => {
  const clock = manualClock();
  const told: object[] = [];
  const notice = refusedNotice('public', clock, { warn: (fields) => told.push(fields) });
  for (let i = 0; i < 3; i++) notice('192.0.2.1', 'why');
  clock.advance(60_000);
  notice('192.0.2.2', 'why');
  expect(told).toEqual([
    { listener: 'public', peer: '192.0.2.1', why: 'why' },
    { listener: 'public', peer: '192.0.2.2', why: 'why', untold: 2 },
  ]);
});
