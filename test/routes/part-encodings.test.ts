/** Parts in any coding and charset that an upstream or a cache may send. */
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FakeUpstream } from '../../src/testing.ts';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';

const VALUE = { name: 'Žluťoučký kůň', n: 1 };
const TEXT = JSON.stringify(VALUE);
const LATIN = { name: 'Müller' };

function bodyOf(body: Uint8Array, fields: Readonly<Record<string, string>>): FakeUpstream {
  return () => ({ body, headers: { 'content-type': 'application/json', ...fields } });
}

async function partOf(up: FakeUpstream, part: object = {}) {
  const { fetch } = await startGateway({
    config: {
      upstreams: { up: { retry: false } },
      routes: {
        all: {
          match: { path: '/' },
          aggregate: { a: { upstream: 'up', path: '/', required: true, ...part } },
        },
      },
    },
    upstreams: { up },
  });
  return fetch('/', { headers: { 'accept-encoding': 'gzip, br' } });
}

describe('a part', () => {
  test('is requested without a coding, whatever the client accepts', async () => {
    let asked: unknown;
    await partOf(({ headers }) => {
      asked = headers['accept-encoding'];
      return { body: {} };
    });
    expect(asked).toBe('identity');
  });

  test.each([
    ['gzip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['GZIP', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['zstd', zstdCompressSync(TEXT)],
    ['identity', Buffer.from(TEXT)],
    ['identity, gzip', gzipSync(TEXT)],
    ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
    ['gzip', Buffer.concat([gzipSync(TEXT.slice(0, 5)), gzipSync(TEXT.slice(5))])],
    ['gzip', gzipSync(`\uFEFF${TEXT}`)],
  ])('in %s is decoded anyway (%#)', async (coding, body) => {
    const response = await partOf(bodyOf(body, { 'content-encoding': coding }));
    expect([response.status, await response.json()]).toEqual([200, { a: VALUE }]);
  });

  test.each([
    ['application/json', Buffer.from(`\uFEFF${TEXT}`), VALUE],
    ['application/json; charset=utf-8', Buffer.from(`\uFEFF${TEXT}`), VALUE],
    ['application/json; charset="UTF-16"', Buffer.from(`\uFEFF${TEXT}`, 'utf16le'), VALUE],
    ['application/json; charset=utf-16', Buffer.from(TEXT, 'utf16le'), VALUE],
    ['application/json; charset=utf-16', Buffer.from(TEXT, 'utf16le').swap16(), VALUE],
    ['application/json; charset=utf-16be', Buffer.from(TEXT, 'utf16le').swap16(), VALUE],
    ['application/json', Buffer.from(`\uFEFF${TEXT}`, 'utf16le').swap16(), VALUE],
    ['application/json;charset=ISO-8859-1', Buffer.from(JSON.stringify(LATIN), 'latin1'), LATIN],
    ['text/plain; charset=latin1', Buffer.from(JSON.stringify(LATIN), 'latin1'), LATIN],
    ['application/json; charset=us-ascii', Buffer.from('{"n":1}'), { n: 1 }],
  ])('of the type %s is read in its charset (%#)', async (type, body, value) => {
    const response = await partOf(bodyOf(body, { 'content-type': type }));
    expect([response.status, await response.json()]).toEqual([200, { a: value }]);
  });

  test('with a byte order mark is sent without it, and with all digits', async () => {
    const response = await partOf(bodyOf(Buffer.from('\uFEFF{"id":9007199254740993}'), {}));
    expect(await response.text()).toBe('{"a":{"id":9007199254740993}}');
  });

  test('that is empty is null, in any coding', async () => {
    const response = await partOf(bodyOf(Buffer.alloc(0), { 'content-encoding': 'gzip' }));
    expect(await response.json()).toEqual({ a: null });
  });

  test.each([
    ['cut short', bodyOf(gzipSync(TEXT).subarray(0, 20), { 'content-encoding': 'gzip' })],
    ['not what it says', bodyOf(Buffer.from(TEXT), { 'content-encoding': 'gzip' })],
    ['in an unknown coding', bodyOf(Buffer.from(TEXT), { 'content-encoding': 'compress' })],
    ['named after a prototype', bodyOf(Buffer.from(TEXT), { 'content-encoding': '__proto__' })],
    [
      'encoded again and again',
      bodyOf(gzipSync(gzipSync(gzipSync(TEXT))), { 'content-encoding': 'gzip, gzip, gzip' }),
    ],
    [
      'in an unknown charset',
      bodyOf(Buffer.from(TEXT), { 'content-type': 'application/json; charset=utf-7' }),
    ],
    [
      'does not match its charset',
      bodyOf(Buffer.from('{"a":1'), { 'content-type': 'application/json; charset=utf-16le' }),
    ],
  ])('that is %s is invalid', async (_what, up) => {
    const response = await partOf(up);
    expect([response.status, await codeOf(response)]).toEqual([502, 'GW_UPSTREAM_INVALID']);
  });

  test.each(['gzip', 'br', 'zstd', 'deflate'])(
    'that expands too much (%s) is stopped at the limit',
    async (coding) => {
      const zeros = Buffer.alloc(64 * 1_048_576, '0');
      const bombs: Readonly<Record<string, () => Buffer>> = {
        gzip: () => gzipSync(zeros),
        br: () => brotliCompressSync(zeros.subarray(0, 8 * 1_048_576)),
        zstd: () => zstdCompressSync(zeros),
        deflate: () => deflateSync(zeros),
      };
      const bomb = bombs[coding]!();
      expect(bomb.length).toBeLessThan(100_000);
      const response = await partOf(bodyOf(bomb, { 'content-encoding': coding }), {
        maxBody: '100KiB',
      });
      const text = await response.text();
      expect([response.status, text]).toEqual([502, expect.stringContaining('over 102400 bytes')]);
    },
  );
});

describe('an aggregate with too few parts', () => {
  const failing = async (parts: Readonly<Record<string, FakeUpstream>>, upstream: object = {}) => {
    const names = Object.keys(parts);
    const { fetch } = await startGateway({
      config: {
        upstreams: Object.fromEntries(names.map((name) => [name, { retry: false, ...upstream }])),
        routes: {
          all: {
            match: { path: '/' },
            aggregate: Object.fromEntries(
              names.map((name) => [name, { upstream: name, path: '/' }]),
            ),
          },
        },
      },
      upstreams: parts,
    });
    return fetch;
  };
  const hanging: FakeUpstream = () => new Promise(() => undefined);
  const broken: FakeUpstream = () => ({ status: 500 });

  test('has the code of the actual failure', async () => {
    const late = await failing({ a: hanging, b: hanging }, { timeout: '50ms' });
    const response = await late('/');
    expect([response.status, await codeOf(response)]).toEqual([504, 'GW_UPSTREAM_TIMEOUT']);
    const mixed = await failing({ a: broken, b: hanging }, { timeout: '50ms' });
    expect(await codeOf(await mixed('/'))).toBe('GW_UPSTREAM_TIMEOUT');
    const answered = await failing({ a: broken, b: () => ({ status: 404 }) });
    const bad = await answered('/');
    expect([bad.status, await codeOf(bad)]).toEqual([502, 'GW_UPSTREAM_INVALID']);
  });

  test('says when to retry if an open circuit is the reason', async () => {
    const fetch = await failing({ a: broken }, { breaker: { consecutive: 1, open: '1h' } });
    await fetch('/');
    await expect.poll(async () => codeOf(await fetch('/'))).toBe('GW_CIRCUIT_OPEN');
    const response = await fetch('/');
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
