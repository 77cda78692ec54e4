/** What the keys of `websocket` do, and which handshakes are refused. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { eventually } from '../helpers/upstream.ts';
import {
  afterHead,
  closeFrameCode,
  closeOf,
  echo,
  frame,
  headOf,
  MASK,
  opened,
  rawClient,
  socketGateway,
  upgraded,
  wireUpstream,
  wsUpstream,
} from './support.ts';

const statusOf = async (url: string, ...lines: readonly string[]): Promise<string> => {
  const client = await rawClient(url, headOf(...lines));
  const bytes = await client.until((all) => all.includes('\r\n\r\n'));
  const text = bytes.toString('latin1');
  return `${text.slice(9, 12)} ${/urn:portico:error:(\w+)/.exec(text)?.[1] ?? ''}`.trim();
};

const invalid = '400 GW_REQUEST_INVALID';

describe('a handshake', () => {
  test.each([
    ['another version', ['Sec-WebSocket-Version: 8'], invalid],
    ['no version', ['Sec-WebSocket-Version:'], invalid],
    ['no key', ['Sec-WebSocket-Key:'], invalid],
    ['a key that is too short', ['Sec-WebSocket-Key: c2hvcnQ='], invalid],
    [
      'two keys',
      ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=='],
      invalid,
    ],
    ['a body', ['Content-Length: 5'], invalid],
    ['a chunked body', ['Transfer-Encoding: chunked'], invalid],
    ['further options of the connection', ['Connection: keep-alive, Upgrade, X'], '101'],
    ['no such option', ['Connection: keep-alive'], '200'],
    ['another protocol', ['Upgrade: h2c'], '200'],
    ['another method', ['POST /live HTTP/1.1', 'Content-Length: 0'], '200'],
    ['HTTP/1.0', ['GET /live HTTP/1.0'], '200'],
  ])('with %s', async (_what, lines, expected) => {
    const gateway = await socketGateway(await wsUpstream(echo));
    expect(await statusOf(gateway.url, ...lines)).toBe(expected);
  });

  test('that follows an unanswered request is refused, and what follows it is no request', async () => {
    const seen: string[] = [];
    const url = await wsUpstream(echo, {}, (request, response) => {
      seen.push(request.url!);
      setTimeout(() => response.end('late'), 50);
    });
    const gateway = await socketGateway(url);
    const first = 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n';
    const client = await rawClient(gateway.url, first + headOf());
    const text = (await client.until((all) => all.includes('GW_REQUEST_INVALID'))).toString();
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*late[^]*HTTP\/1\.1 400 /);
    expect(seen).toEqual(['/first']);
  });

  test('on a route without the key is the plain request that it also is', async () => {
    const url = await wsUpstream(echo);
    const routes = {
      live: { match: { path: '/live' }, upstream: 'up', websocket: true },
      plain: { match: { path: '/plain' }, upstream: 'up', websocket: false },
    };
    const gateway = await socketGateway(url, { config: { routes } });
    expect(await statusOf(gateway.url, 'GET /plain HTTP/1.1')).toBe('200');
    expect(await statusOf(gateway.url)).toBe('101');
  });
});

describe('origins', () => {
  const denied = '403 GW_ORIGIN_DENIED';
  test.each([
    [['Origin: https://shop.test'], '101'],
    [['Origin: https://evil.test'], denied],
    [['Origin: null'], denied],
    [[], '101'],
  ])('that are listed may: %j', async (lines, expected) => {
    const websocket = { origins: ['https://shop.test'] };
    const gateway = await socketGateway(await wsUpstream(echo), { websocket });
    expect(await statusOf(gateway.url, ...lines)).toBe(expected);
  });

  test.each([
    [['Origin: http://shop.test', 'Cookie: sid=1'], '101'],
    [['Origin: https://shop.test', 'Cookie: sid=1'], '101'],
    [['Origin: https://evil.test', 'Cookie: sid=1'], denied],
    [['Origin: https://shop.test.evil.test', 'Cookie: sid=1'], denied],
    [['Origin: http://shop.test:8080', 'Cookie: sid=1'], denied],
    [['Origin: null', 'Cookie: sid=1'], denied],
    [['Origin: https://evil.test'], '101'],
    [['Cookie: sid=1'], '101'],
  ])(
    'must be the own one where a cookie comes along, unless some are listed: %j',
    async (lines, expected) => {
      const gateway = await socketGateway(await wsUpstream(echo));
      expect(await statusOf(gateway.url, ...lines)).toBe(expected);
    },
  );
});

describe('bounds', () => {
  test('a message longer than maxPayload ends the socket with 1009, in fragments too', async () => {
    const seen: Buffer[] = [];
    const url = await wireUpstream((socket) =>
      socket.on('data', (chunk: Buffer) => seen.push(chunk)),
    );
    const gateway = await socketGateway(url, { websocket: { maxPayload: '10B' } });
    const client = await upgraded(gateway.url);
    const fits = frame({ payload: 'ten bytes!', mask: MASK });
    const half = frame({ fin: false, payload: 'six by', mask: MASK });
    const more = frame({ opcode: 0, payload: 'tes so', mask: MASK });
    client.socket.write(Buffer.concat([fits, half, more]));

    const back = await client.until((all) => afterHead(all).length > 0);

    expect(closeFrameCode(afterHead(back))).toBe(1009);
    const passed = Buffer.concat([fits, half]);
    await eventually(() => Buffer.concat(seen).length > passed.length);
    const all = Buffer.concat(seen);
    expect(all.subarray(0, passed.length)).toEqual(passed);
    // Masked, as all frames to a server.
    expect([...all.subarray(passed.length, passed.length + 2)]).toEqual([0x88, 0x80 | 10]);
  });

  test('the upstream is bound by maxPayload as well', async () => {
    const url = await wsUpstream((socket) => socket.send('x'.repeat(11)));
    const client = await opened(await socketGateway(url, { websocket: { maxPayload: '10B' } }));
    expect((await closeOf(client))[0]).toBe(1009);
  });

  test('one more than sockets is 503, and there is room again when one ends', async () => {
    const gateway = await socketGateway(await wsUpstream(echo), { upstream: { sockets: 2 } });
    const [first] = [await opened(gateway), await opened(gateway)];
    expect(await statusOf(gateway.url)).toBe('503 GW_TOO_MANY_STREAMS');
    first.close();
    await eventually(() => gateway.gateway.status().upstreams[0]!.streams.open === 1);
    expect(await statusOf(gateway.url)).toBe('101');
  });

  test('one more than perConsumer is 429 before the upstream is asked', async () => {
    let asked = 0;
    const url = await wsUpstream(() => (asked += 1));
    const gateway = await socketGateway(url, { websocket: { perConsumer: 1 } });
    const first = await opened(gateway);
    expect(await statusOf(gateway.url)).toBe('429 GW_CONSUMER_STREAMS');
    expect(asked).toBe(1);
    first.close();
    await once(first, 'close');
    await eventually(() => gateway.gateway.status().upstreams[0]!.streams.open === 0);
    expect(await statusOf(gateway.url)).toBe('101');
  });

  test('a socket without frames for idle ends with 1001; pings of the gateway do not count', async () => {
    const gateway = await socketGateway(await wsUpstream(echo), {
      websocket: { idle: '200ms', ping: '50ms' },
    });
    const client = await opened(gateway);
    let pings = 0;
    client.on('ping', () => (pings += 1));
    expect((await closeOf(client))[0]).toBe(1001);
    expect(pings).toBeGreaterThan(0);
  });

  test('a side that is silent is pinged, its pong is kept from the other, and without one it is cut', async () => {
    const seen: Buffer[] = [];
    const url = await wireUpstream((socket) => {
      socket.on('data', (chunk: Buffer) => {
        // Answers pings, so that only the client is silent.
        if (chunk[0] === 0x89) socket.write(frame({ opcode: 10, payload: 'portico' }));
        else seen.push(chunk);
      });
    });
    const gateway = await socketGateway(url, { websocket: { ping: '80ms' } });
    const client = await upgraded(gateway.url);
    const ping = frame({ opcode: 9, payload: 'portico' });
    await client.until((all) => afterHead(all).equals(ping));
    client.socket.write(frame({ opcode: 10, payload: 'portico', mask: MASK }));
    await client.until((all) => afterHead(all).length === 2 * ping.length);
    await client.closed;
    expect(seen).toEqual([]);
  });
});
