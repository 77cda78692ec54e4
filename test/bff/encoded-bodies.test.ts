/** Bodies of requests to a BFF, in whatever coding and charset clients send them. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../gateway/support/gateway.ts';
import { mounted } from './mounted.ts';

const ORDER = JSON.stringify({ lines: [{ product: 'café', quantity: 1 }] });

async function post(body: Buffer, fields: Readonly<Record<string, string>>, keys: object = {}) {
  const { fetch, calls } = await mounted({ items: () => ({ body: { id: 'o1' } }) }, keys);
  const headers = { 'content-type': 'application/json', ...fields };
  const response = await fetch('/m/orders', {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  });
  const sent = calls[0]?.body as Buffer | undefined;
  return { response, sent: sent && String(Buffer.from(sent)) };
}

describe('a body', () => {
  test.each([
    ['gzip', gzipSync(ORDER)],
    ['deflate', deflateSync(ORDER)],
    ['br', brotliCompressSync(ORDER)],
    ['zstd', zstdCompressSync(ORDER)],
    ['identity', Buffer.from(ORDER)],
  ])('in %s is decoded', async (coding, body) => {
    const { response, sent } = await post(body, { 'content-encoding': coding });
    expect([response.status, sent?.includes('café')]).toEqual([201, true]);
  });

  test.each([
    ['application/json', Buffer.from(`\uFEFF${ORDER}`)],
    ['application/json; charset=utf-8', Buffer.from(ORDER)],
    ['application/json; charset=utf-16', Buffer.from(`\uFEFF${ORDER}`, 'utf16le')],
    ['application/json; charset=latin1', Buffer.from(ORDER, 'latin1')],
  ])('of the type %s is read in its charset', async (type, body) => {
    const { response, sent } = await post(body, { 'content-type': type });
    expect([response.status, sent?.includes('café')]).toEqual([201, true]);
  });

  test.each([
    ['compress', Buffer.from(ORDER), 415, 'GW_MEDIA_TYPE'],
    ['gzip', Buffer.from(ORDER), 400, 'GW_REQUEST_INVALID'],
    ['gzip', gzipSync(Buffer.alloc(64 * 1_048_576, ' ')), 413, 'GW_BODY_TOO_LARGE'],
  ])('in %s that cannot be decoded is refused (%#)', async (coding, body, status, code) => {
    const { response, sent } = await post(body, { 'content-encoding': coding });
    expect([response.status, await codeOf(response), sent]).toEqual([status, code, undefined]);
  });

  test('in an unknown charset is 415', async () => {
    const type = 'application/json; charset=utf-7';
    const { response } = await post(Buffer.from(ORDER), { 'content-type': type });
    expect([response.status, await codeOf(response)]).toEqual([415, 'GW_MEDIA_TYPE']);
  });
});
