/** Which answers are compressed, and what their heads say. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { DEFAULT_TYPES } from '../../../plugins/compress/media-types.ts';
import { ask, gatewayTo, textOf } from './support.ts';

type Fields = Readonly<Record<string, string>>;

/** Answers with `length` bytes of text, with its length or in chunks. */
const serving =
  (length: number, fields: Fields = {}, status = 200, isChunked = false) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    const head = { 'content-type': 'text/plain', ...fields };
    response.writeHead(status, isChunked ? head : { ...head, 'content-length': length });
    response.end(textOf(length));
  };

const ALL = { headers: { 'accept-encoding': 'gzip, br, zstd' } };

describe.each(['gzip', 'br', 'zstd'])('%s', (coding) => {
  const accept = { headers: { 'accept-encoding': coding } };

  test.each([
    ['1,024 bytes with their length', 1_024, false],
    ['1,024 bytes in chunks', 1_024, true],
    ['100,000 bytes', 100_000, false],
    ['3 MB with their length', 3_000_000, false],
    ['3 MB in chunks', 3_000_000, true],
  ])('makes %s shorter, and they decode to the same', async (_what, length, isChunked) => {
    const gateway = await gatewayTo(
      serving(length, { etag: '"v1"', 'accept-ranges': 'bytes' }, 200, isChunked),
    );
    const { headers, bytes, text } = await ask(`${gateway.url}/`, accept);
    expect(headers).toMatchObject({
      'content-encoding': coding,
      vary: 'Accept-Encoding',
      etag: 'W/"v1"',
    });
    expect(headers).not.toHaveProperty('accept-ranges');
    expect(bytes.length).toBeLessThan(length / 2);
    if (headers['content-length'] !== undefined)
      expect(Number(headers['content-length'])).toBe(bytes.length);
    expect(text === textOf(length)).toBe(true);
  });

  test.each([1, 6])('does at the level %i, too', async (level) => {
    const gateway = await gatewayTo(serving(50_000), { compress: { level: { [coding]: level } } });
    expect((await ask(`${gateway.url}/`, accept)).text).toBe(textOf(50_000));
  });
});

describe('an answer passes as it is, but says that it varies,', () => {
  const plain = async (came: ReturnType<typeof ask>, length: number): Promise<void> => {
    const { headers, text } = await came;
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).toMatchObject({ vary: 'Accept-Encoding' });
    expect(text).toBe(textOf(length));
  };

  test.each([
    ['below the minimum', 1_023, false],
    ['below the minimum in chunks', 1_023, true],
    ['that is empty', 0, false],
    ['that is empty, in chunks', 0, true],
  ])('%s', async (_what, length, isChunked) => {
    const gateway = await gatewayTo(serving(length, { etag: '"v1"' }, 200, isChunked));
    const came = ask(`${gateway.url}/`, ALL);
    await plain(came, length);
    expect((await came).headers.etag).toBe('"v1"');
  });

  test.each([
    ['accepts nothing else', {}],
    ['likes it best', { 'accept-encoding': 'gzip;q=0.1, identity' }],
    ['knows other encodings', { 'accept-encoding': 'deflate' }],
    ['asks for a range', { 'accept-encoding': 'gzip', range: 'bytes=0-9999' }],
    ['says no-transform', { 'accept-encoding': 'gzip', 'cache-control': 'No-Transform' }],
  ])('to a client that %s', async (_what, headers) => {
    const gateway = await gatewayTo(serving(5_000));
    await plain(ask(`${gateway.url}/`, { headers }), 5_000);
  });

  test.each(['content-digest', 'repr-digest', 'digest', 'content-md5'])(
    'with %s, which tells of its bytes',
    async (name) => {
      const gateway = await gatewayTo(serving(5_000, { [name]: 'sha-256=:x:' }));
      await plain(ask(`${gateway.url}/`, ALL), 5_000);
    },
  );
});

describe('an answer is not touched', () => {
  test.each([
    ['of another type', { 'content-type': 'image/png' }],
    ['without a type', { 'content-type': '' }],
    ['that is an event stream', { 'content-type': 'text/event-stream' }],
    ['that is NDJSON', { 'content-type': 'application/x-ndjson' }],
    ['that is gRPC', { 'content-type': 'application/grpc+json' }],
    ['that says no-transform', { 'cache-control': 'public, no-transform' }],
    ['that is part of another', { 'content-range': 'bytes 0-4999/9999' }],
  ])('%s', async (_what, fields: Fields) => {
    const gateway = await gatewayTo(serving(5_000, { ...fields, etag: '"v1"' }), {
      compress: { types: ['text/*', 'application/*'] },
    });
    const { headers, text } = await ask(`${gateway.url}/`, ALL);
    expect(headers).toMatchObject({ 'content-length': '5000', etag: '"v1"' });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).not.toHaveProperty('vary');
    expect(text).toBe(textOf(5_000));
  });

  test('that is 206', async () => {
    const fields = { 'content-range': 'bytes 0-4999/9999', etag: '"v1"' };
    const gateway = await gatewayTo(serving(5_000, fields, 206));
    const { status, headers, text } = await ask(`${gateway.url}/`, {
      headers: { ...ALL.headers, range: 'bytes=0-4999' },
    });
    expect(status).toBe(206);
    expect(headers).toMatchObject({ ...fields, 'content-length': '5000' });
    expect(text).toBe(textOf(5_000));
  });

  test('that has no content (204)', async () => {
    const gateway = await gatewayTo((_request, response) => response.writeHead(204).end());
    const { status, headers } = await ask(`${gateway.url}/`, ALL);
    expect(status).toBe(204);
    expect(headers).not.toHaveProperty('vary');
  });

  test('on a route without the key', async () => {
    const gateway = await gatewayTo(serving(5_000), {});
    const { headers } = await ask(`${gateway.url}/`, ALL);
    expect(headers['content-length']).toBe('5000');
    expect(headers).not.toHaveProperty('vary');
  });
});

test.each(DEFAULT_TYPES.map((type) => type.replace('*', 'x')))(
  '%s is compressed by default',
  async (type) => {
    const gateway = await gatewayTo(
      serving(5_000, { 'content-type': `${type.toUpperCase()}; charset=utf-8` }),
    );
    expect((await ask(`${gateway.url}/`, ALL)).headers['content-encoding']).toBe('zstd');
  },
);

test.each([
  'font/woff2',
  'image/jpeg',
  'application/zip',
  'video/mp4',
  'text',
  'application/+json',
])('%s is not compressed by default', async (type) => {
  const gateway = await gatewayTo(serving(5_000, { 'content-type': type }));
  expect((await ask(`${gateway.url}/`, ALL)).headers).not.toHaveProperty('content-encoding');
});

test('an answer that its upstream has encoded passes, and varies', async () => {
  const gateway = await gatewayTo(serving(5_000, { 'content-encoding': 'deflate', etag: '"v1"' }));
  const { headers, bytes } = await ask(`${gateway.url}/`, ALL);
  expect(headers).toMatchObject({
    'content-encoding': 'deflate',
    'content-length': '5000',
    etag: '"v1"',
    vary: 'Accept-Encoding',
  });
  expect(bytes.toString()).toBe(textOf(5_000));
});

test('the upstream gets what the client accepts, and its conditions', async () => {
  const seen: IncomingMessage['headers'][] = [];
  const gateway = await gatewayTo(({ headers }, response) => {
    seen.push(headers);
    response.end();
  });
  const sent = {
    'accept-encoding': 'gzip;q=0.5, br',
    'if-none-match': 'W/"v1"',
    'if-range': '"v1"',
  };
  await ask(`${gateway.url}/`, { headers: sent });
  expect(seen).toMatchObject([sent]);
});

test('a client that refuses plain bytes gets short answers compressed', async () => {
  const gateway = await gatewayTo(serving(10));
  const accept = { 'accept-encoding': 'gzip, identity;q=0' };
  const { headers, text } = await ask(`${gateway.url}/`, { headers: accept });
  expect([headers['content-encoding'], text]).toEqual(['gzip', textOf(10)]);
});

test('errors of the upstream are compressed, those of the gateway are not', async () => {
  const failing = await gatewayTo(serving(5_000, {}, 500));
  expect(await ask(`${failing.url}/`, ALL)).toMatchObject({
    status: 500,
    headers: { 'content-encoding': 'zstd' },
  });
  const broken = await gatewayTo(({ socket }) => void socket.destroy(), {
    compress: { minimum: '1B' },
  });
  const { status, headers } = await ask(`${broken.url}/`, ALL);
  expect([status, headers['content-encoding']]).toEqual([502, undefined]);
});

test.each([
  ['Origin', 'Origin, Accept-Encoding'],
  ['Accept, accept-encoding', 'Accept, accept-encoding'],
  ['*', '*'],
])('Vary: %s becomes %s', async (theirs, ours) => {
  const gateway = await gatewayTo(serving(5_000, { vary: theirs }));
  expect((await ask(`${gateway.url}/`, ALL)).headers.vary).toBe(ours);
});

test('a weak tag stays as it is', async () => {
  const gateway = await gatewayTo(serving(5_000, { etag: 'W/"v1"' }));
  expect((await ask(`${gateway.url}/`, ALL)).headers.etag).toBe('W/"v1"');
});

describe('HEAD', () => {
  const head = { ...ALL, method: 'HEAD' };

  test('has the fields that GET has, without a length', async () => {
    const gateway = await gatewayTo(serving(100_000, { etag: '"v1"', 'accept-ranges': 'bytes' }));
    const { headers, bytes } = await ask(`${gateway.url}/`, head);
    const got = await ask(`${gateway.url}/`, ALL);
    expect(bytes.length).toBe(0);
    expect(headers).toMatchObject({ 'content-encoding': 'zstd', etag: 'W/"v1"' });
    const names = Object.keys(got.headers).filter((name) => name !== 'transfer-encoding');
    expect(Object.keys(headers)).toEqual(names);
    expect(headers).not.toHaveProperty('content-length');
  });

  test('below the minimum keeps the length', async () => {
    const gateway = await gatewayTo(serving(100));
    const { headers } = await ask(`${gateway.url}/`, head);
    expect([headers['content-length'], headers['content-encoding']]).toEqual(['100', undefined]);
  });

  test('without a length only varies: the body alone would tell', async () => {
    const gateway = await gatewayTo(serving(100_000, {}, 200, true));
    const { headers } = await ask(`${gateway.url}/`, head);
    expect([headers.vary, headers['content-encoding']]).toEqual(['Accept-Encoding', undefined]);
  });
});

describe('304', () => {
  const unchanged = async (tag: string, known: string) => {
    const gateway = await gatewayTo((_request, response) =>
      response.writeHead(304, { etag: tag }).end(),
    );
    const { status, headers } = await ask(`${gateway.url}/`, {
      headers: { ...ALL.headers, 'if-none-match': known },
    });
    expect([status, headers.vary]).toEqual([304, 'Accept-Encoding']);
    return headers.etag;
  };

  test.each([
    ['weak, where the client has the compressed answer', '"v1"', 'W/"v0", W/"v1"', 'W/"v1"'],
    ['strong, where the client has the plain answer', '"v1"', '"v1"', '"v1"'],
    ['strong, where the client has both', '"v1"', 'W/"v1", "v1"', '"v1"'],
    ['as it is for a star', '"v1"', '*', '"v1"'],
    ['weak, where it was', 'W/"v1"', '"v1"', 'W/"v1"'],
  ])('names the tag as %s', async (_what, tag, known, told) => {
    expect(await unchanged(tag, known)).toBe(told);
  });
});
