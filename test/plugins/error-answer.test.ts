/** Plugins that give errors the form of a protocol, and say what pages need to speak it. */
import { defineBff, definePlugin, GatewayError, z } from 'portico';
import { expect, onTestFinished, test } from 'vitest';
import { testGateway, type TestGatewayOptions } from '../../src/testing.ts';

/** Errors as one line of text, for clients that ask for it. */
const plain = definePlugin({
  name: 'plain',
  settings: z.strictObject({}),
  options: z.strictObject({ word: z.string() }),
  scripts: { send: ['x-plain'], read: ['x-word'] },
  register: () => ({
    route: ({ word }) => ({
      errorAnswer({ headers }, { code }) {
        if (headers['x-plain'] === undefined) return undefined;
        const fields = { 'content-type': 'text/plain', 'x-word': word };
        return { status: 299, headers: fields, body: Buffer.from(`${word} ${code}`) };
      },
    }),
  }),
});

/** Refuses everything. */
const closed = definePlugin({
  name: 'closed',
  settings: z.strictObject({}),
  options: z.strictObject({}),
  register: () => ({
    route: () => ({
      phase: 'validate',
      onRequest() {
        throw new GatewayError('GW_GONE', 'closed for ever');
      },
    }),
  }),
});

const bff = defineBff({ upstreams: [] }, (app) => {
  const schema = { response: { 200: z.strictObject({}) } };
  const portico = { plain: { word: 'inner' }, cors: { origins: ['https://b.example'] } };
  app.get('/outer', { schema }, () => ({}));
  app.get('/inner', { schema, config: { portico } }, () => ({}));
});

async function serving(options: TestGatewayOptions) {
  const gateway = await testGateway({ plugins: [plain, closed], ...options });
  onTestFinished(() => gateway.close());
  const ask = async (
    path: string,
    headers: Record<string, string> = { 'x-plain': '1' },
    body?: string,
  ) => {
    const init = body === undefined ? {} : { method: 'POST', body };
    const response = await gateway.fetch(path, { headers, ...init });
    return { response, text: await response.text() };
  };
  return { ask };
}

const ROUTE = { plain: { word: 'outer' }, closed: {} };

test('an error has the form of the plugin, with the fields that every error has', async () => {
  const { ask } = await serving({ route: ROUTE, upstreams: { up: () => ({}) } });
  const { response, text } = await ask('/');
  expect([response.status, text]).toEqual([299, 'outer GW_GONE']);
  expect(response.headers.get('content-type')).toBe('text/plain');
  expect(response.headers.get('x-word')).toBe('outer');
  expect(response.headers.get('x-request-id')).not.toBe(null);
  expect(response.headers.get('cache-control')).toBe('no-store');
});

test('a client that the plugin does not know gets a problem document', async () => {
  const { ask } = await serving({ route: ROUTE, upstreams: { up: () => ({}) } });
  const { response, text } = await ask('/', {});
  expect([response.status, JSON.parse(text)]).toMatchObject([410, { detail: 'closed for ever' }]);
});

test('so it is for errors before any hook, such as a body that is too long', async () => {
  const { ask } = await serving({
    route: { plain: { word: 'outer' }, limits: { body: '1KiB' } },
    upstreams: { up: () => ({}) },
  });
  const { text } = await ask('/', { 'x-plain': '1' }, 'a'.repeat(2_000));
  expect(text).toBe('outer GW_BODY_TOO_LARGE');
});

test('an endpoint of a BFF may give them another', async () => {
  const { ask } = await serving({ bff, route: ROUTE });
  expect((await ask('/outer')).text).toBe('outer GW_GONE');
  expect((await ask('/inner')).text).toBe('inner GW_GONE');
});

test('cors of an endpoint knows the plugins of the route around it', async () => {
  const { ask } = await serving({ bff, route: { plain: { word: 'outer' } } });
  const { response } = await ask('/inner', { origin: 'https://b.example' });
  expect(response.headers.get('access-control-expose-headers')).toBe('x-word');
});
