/** Whatever answers: forwarded requests, aggregates, BFFs, fixed answers, and plugins that change bodies before. */
import { Transform } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  type BodyConversion,
  convertBody,
  defineBff,
  definePlugin,
  z,
} from '../../../src/index.ts';
import { startGateway } from '../../gateway/support/gateway.ts';
import { reading, streaming } from '../../streams/support.ts';
import { recordingLog } from '../recording-log.ts';
import { ask, textOf } from './support.ts';

/** Its hook makes answers go through Fastify's reply. */
const payload = fileURLToPath(new URL('../fixtures/payload.ts', import.meta.url));

const ACCEPT = { headers: { 'accept-encoding': 'gzip' } };
const LIST = { items: textOf(5_000) };
const LENGTH = String(JSON.stringify(LIST).length);

const bff = defineBff({ upstreams: [] }, (app) => {
  const schema = { response: { 200: z.strictObject({ items: z.string().optional() }) } };
  app.get('/json', { schema }, async () => LIST);
  app.get('/small', { schema }, async () => ({}));
  app.get('/failing', { schema }, async () => {
    throw new Error('no');
  });
});

describe.each([
  ['by itself', {}],
  ['beside hooks of Fastify', { payload: { module: payload } }],
])('%s, compress takes', (_how, plugins) => {
  const start = () =>
    startGateway({
      config: {
        plugins,
        routes: {
          page: {
            match: { path: '/page' },
            compress: {},
            aggregate: { list: { upstream: 'up', path: '/' } },
          },
          fixed: { match: { path: '/fixed' }, compress: {}, respond: { body: LIST } },
          up: { match: { path: '/*' }, compress: {}, upstream: 'up' },
        },
      },
      upstreams: {
        up: () => ({ body: LIST, headers: { etag: '"v1"', 'content-length': LENGTH } }),
      },
    });

  test.each([
    ['an aggregate', '/page', { list: LIST }],
    ['a fixed answer', '/fixed', LIST],
    ['a forwarded one', '/up', LIST],
  ])('%s', async (_what, path, meant) => {
    const gateway = await start();
    const { headers, bytes, text } = await ask(`${gateway.url}${path}`, ACCEPT);
    expect(headers).toMatchObject({
      'content-encoding': 'gzip',
      vary: 'Accept-Encoding',
    });
    expect([undefined, String(bytes.length)]).toContain(headers['content-length']);
    expect(JSON.parse(text)).toEqual(meant);
    const plain = await ask(`${gateway.url}${path}`);
    expect(plain.headers).toMatchObject({
      'content-length': String(plain.bytes.length),
      vary: 'Accept-Encoding',
    });
  });

  test.each(['/page', '/fixed', '/up'])('HEAD of %s', async (path) => {
    const gateway = await start();
    const { headers, status } = await ask(`${gateway.url}${path}`, { ...ACCEPT, method: 'HEAD' });
    expect([status, headers.vary]).toEqual([200, 'Accept-Encoding']);
    expect(headers['content-length'] === undefined).toBe(headers['content-encoding'] === 'gzip');
  });
});

describe('of a BFF', () => {
  const start = () => startGateway({ bff, route: { compress: {} } });

  test('JSON is compressed', async () => {
    const { url } = await start();
    const { headers, text } = await ask(`${url}/json`, ACCEPT);
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(text).toBe(JSON.stringify(LIST));
  });

  test('HEAD has the fields of GET, and a short answer its length', async () => {
    const { url } = await start();
    const head = await ask(`${url}/json`, { ...ACCEPT, method: 'HEAD' });
    expect(head.headers).toMatchObject({ 'content-encoding': 'gzip' });
    expect(head.headers).not.toHaveProperty('content-length');
    const { headers, text } = await ask(`${url}/small`, ACCEPT);
    expect([headers['content-length'], text]).toEqual(['2', '{}']);
  });

  test('errors stay what they are', async () => {
    const gateway = await startGateway({
      bff,
      route: { compress: { minimum: '1B', types: ['application/*'] } },
      log: recordingLog().log,
    });
    const { status, headers, text } = await ask(`${gateway.url}/failing`, ACCEPT);
    expect([status, headers['content-encoding']]).toEqual([500, undefined]);
    expect(JSON.parse(text)).toMatchObject({ status: 500 });
  });
});

test('an event stream beside hooks of Fastify passes as it comes', async () => {
  const upstream = await streaming();
  const gateway = await startGateway({
    config: {
      plugins: { payload: { module: payload } },
      upstreams: { up: { targets: [upstream.url] } },
      routes: { all: { match: { path: '/*' }, upstream: 'up', compress: {}, etag: {} } },
    },
  });
  const client = await reading(`${gateway.url}/`, ACCEPT);
  upstream.answers[0]!.write('data: 1\n\n');
  await client.until((text) => text === 'data: 1\n\n');
  expect(client.answer.headers).not.toHaveProperty('content-encoding');
});

test('an event stream passes as it comes', async () => {
  const upstream = await streaming();
  const gateway = await startGateway({
    config: {
      upstreams: { up: { targets: [upstream.url] } },
      routes: { all: { match: { path: '/*' }, upstream: 'up', compress: {}, etag: {} } },
    },
  });
  const client = await reading(`${gateway.url}/`, ACCEPT);
  upstream.answers[0]!.write('data: 1\n\n');
  await client.until((text) => text === 'data: 1\n\n');
  upstream.answers[0]!.end();
  expect(await client.closed).toBe(true);
});

/** In capitals, by a stream or without one; it comes after all built-in plugins in the list. */
const loud = definePlugin({
  name: 'loud',
  settings: z.strictObject({}),
  options: z.enum(['transform', 'convert']),
  register: () => ({
    route: (how) =>
      how === 'transform'
        ? {
            transform: () =>
              new Transform({
                transform: (chunk: Buffer, _encoding, done) =>
                  done(null, Buffer.from(chunk.toString().toUpperCase())),
              }),
          }
        : { convert: () => capitals },
  }),
});

const capitals: BodyConversion = (body) =>
  convertBody(body, {
    chunk: (bytes) => Buffer.from(Buffer.from(bytes).toString().toUpperCase()),
    end: () => Buffer.alloc(0),
  });

test.each(['transform', 'convert'])(
  'bodies are compressed last, after the %s of a plugin',
  async (how) => {
    const gateway = await startGateway({
      plugins: [loud],
      route: { loud: how, compress: {}, etag: {} },
      upstreams: { up: () => ({ body: textOf(5_000), headers: { 'content-type': 'text/plain' } }) },
    });
    const { headers, text } = await ask(`${gateway.url}/`, ACCEPT);
    expect(headers).toMatchObject({
      'content-encoding': 'gzip',
      etag: expect.stringMatching(/^W\//),
    });
    expect(text).toBe(textOf(5_000).toUpperCase());
  },
);
