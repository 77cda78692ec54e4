import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ProxyHeader,
  readProxyHeader,
  type ProxyVersion,
} from '../../src/listener/proxy-header.ts';
import { binary, line } from '../helpers/proxy-headers.ts';

const v1 = (text: string): ProxyHeader => readProxyHeader('v1', Buffer.from(text, 'latin1'));
const v2 = (bytes: Buffer): ProxyHeader => readProxyHeader('v2', bytes);

describe('version 1', () => {
  test.each([
    ['PROXY TCP4 203.0.113.7 10.0.0.1 56324 443\r\n', '203.0.113.7'],
    ['PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n', '255.255.255.255'],
    ['PROXY TCP6 2001:DB8:0::7 ::1 0 443\r\n', '2001:db8::7'],
    ['PROXY TCP6 ::ffff:203.0.113.7 ::1 1 443\r\n', '203.0.113.7'],
  ])('%j tells %s', (text, address) => {
    expect(v1(`${text}GET /`)).toEqual({ kind: 'client', address, length: text.length });
  });

  test.each([
    'PROXY UNKNOWN\r\n',
    'PROXY UNKNOWN 1.2.3.4 whatever\r\n',
    `PROXY UNKNOWN ${'f'.repeat(91)}\r\n`,
  ])('%j tells no address', (text) => {
    expect(v1(`${text}GET /`)).toEqual({ kind: 'unknown', length: text.length });
  });

  test.each([
    'GET / HTTP/1.1\r\n',
    'proxy TCP4 1.2.3.4 1.2.3.4 1 1\r\n',
    'PROXY  TCP4 1.2.3.4 1.2.3.4 1 1\r\n',
    'PROXY TCP4 1.2.3.4  1.2.3.4 1 1\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n',
    'PROXY TCP4 1.2.3.4\r1.2.3.4 1 1\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n',
    'PROXY TCP4 01.2.3.4 1.2.3.4 1 1\r\n',
    'PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n',
    'PROXY TCP4 ::1 ::1 1 1\r\n',
    'PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n',
    'PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 +1 1\r\n',
    'PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n',
    'PROXY unix 1.2.3.4 1.2.3.4 1 1\r\n',
    'PROXY UNKNOWNS\r\n',
    'PROXY \r\n',
    `PROXY UNKNOWN ${'f'.repeat(92)}\r\n`,
    `PROXY ${'1'.repeat(101)}`,
  ])('%j is refused', (text) => {
    expect(v1(text)).toMatchObject({ kind: 'invalid' });
  });
});

describe('version 2', () => {
  test('tells addresses of both families, and skips what follows them', () => {
    const four = binary({ address: '203.0.113.7', tlvs: Buffer.from('extensions') });
    expect(v2(Buffer.concat([four, Buffer.from('GET')]))).toEqual({
      kind: 'client',
      address: '203.0.113.7',
      length: four.length,
    });
    const six = binary({ address: '2001:db8::7' });
    expect(v2(six)).toEqual({ kind: 'client', address: '2001:db8::7', length: six.length });
    const mapped = binary({ address: '::ffff:203.0.113.7' });
    expect(v2(mapped)).toMatchObject({ kind: 'client', address: '203.0.113.7' });
  });

  test('of the proxy itself (LOCAL) is that, whatever it has besides', () => {
    for (const kind of [0x00, 0x11, 0x21, 0xff]) {
      const header = binary({ command: 0x20, kind, body: Buffer.alloc(20) });
      expect(v2(header)).toEqual({ kind: 'proxy', length: 36 });
    }
  });

  test('without an address, or of a unix socket, tells none', () => {
    expect(v2(binary({ kind: 0x00, body: Buffer.alloc(3) }))).toEqual({
      kind: 'unknown',
      length: 19,
    });
    expect(v2(binary({ kind: 0x31, body: Buffer.alloc(216) }))).toEqual({
      kind: 'unknown',
      length: 232,
    });
  });

  test.each([
    ['another version', { command: 0x11 }],
    ['another command', { command: 0x22 }],
    ['an unknown family', { kind: 0x41 }],
    ['datagrams', { kind: 0x12 }],
    ['no transport', { kind: 0x10 }],
    ['too few bytes for IPv4', { kind: 0x11, body: Buffer.alloc(11) }],
    ['too few bytes for IPv6', { kind: 0x21, body: Buffer.alloc(35) }],
    ['too few bytes for unix', { kind: 0x31, body: Buffer.alloc(215) }],
    ['over 4 KiB', { kind: 0x11, body: Buffer.alloc(4_081) }],
  ])('with %s is refused, before its end', (_what, options) => {
    expect(v2(binary(options).subarray(0, 16))).toMatchObject({ kind: 'invalid' });
  });

  test('has 4 KiB at most', () => {
    const longest = binary({ kind: 0x11, body: Buffer.alloc(4_080) });
    expect(v2(longest)).toMatchObject({ kind: 'client', length: 4_096 });
  });
});

test('each version refuses the other one', () => {
  expect(v2(Buffer.from(line('203.0.113.7')))).toMatchObject({ kind: 'invalid' });
  expect(readProxyHeader('v1', binary({ address: '203.0.113.7' }))).toMatchObject({
    kind: 'invalid',
  });
});

const HEADERS: readonly (readonly [ProxyVersion, Buffer])[] = [
  ['v1', Buffer.from(line('203.0.113.7'))],
  ['v1', Buffer.from('PROXY UNKNOWN\r\n')],
  ['v2', binary({ address: '203.0.113.7' })],
  ['v2', binary({ address: '2001:db8::7', tlvs: Buffer.alloc(50) })],
  ['v2', binary({ command: 0x20, kind: 0, body: Buffer.alloc(0) })],
];

test.each(HEADERS)('split at any byte, %s waits for the rest', (version, header) => {
  const whole = readProxyHeader(version, header);
  expect(whole).toMatchObject({ length: header.length });
  for (let at = 0; at < header.length; at++) {
    expect(readProxyHeader(version, header.subarray(0, at))).toEqual({ kind: 'more' });
  }
  const longer = Buffer.concat([header, Buffer.from('GET / HTTP/1.1\r\n')]);
  expect(readProxyHeader(version, longer)).toEqual(whole);
});

test('of any bytes, it tells an address or none, waits within its bound, or refuses', () => {
  const beginnings = HEADERS.flatMap(([, header]) =>
    [0, 6, 12, 14, 16, header.length].map((end) => header.subarray(0, end)),
  );
  fc.assert(
    fc.property(
      fc.constantFrom<ProxyVersion>('v1', 'v2'),
      fc.constantFrom(...beginnings),
      fc.uint8Array({ maxLength: 300 }),
      (version, beginning, rest) => {
        const bytes = Buffer.concat([beginning, rest]);
        const header = readProxyHeader(version, bytes);
        if (header.kind === 'more')
          expect(bytes.length).toBeLessThan(version === 'v1' ? 107 : 4_096);
        if ('length' in header) expect(header.length).toBeLessThanOrEqual(bytes.length);
        if (header.kind === 'client') expect(header.address).toMatch(/^[\da-f.:]+$/);
      },
    ),
    { numRuns: 2_000 },
  );
});
