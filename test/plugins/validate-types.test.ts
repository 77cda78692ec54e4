import { describe, expect, test } from 'vitest';
import { type Problem, startGateway } from '../gateway/support/gateway.ts';
import { startRecorder } from '../gateway/support/upstream.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { ask } from '../helpers/secure-client.ts';
import { pair } from '../listener/gateway.ts';
import { fixture } from './fixtures/folder.ts';

type Fields = Readonly<Record<string, string>>;
const text = '{"role":"user"}';
const length = { 'content-length': `${text.length}` };
const json = { 'content-type': 'application/json' };

/** Every way that one body may be sent in. */
const WAYS = [
  ['HTTP/1.1, declared', 1, length],
  ['HTTP/1.1, in chunks', 1, { 'transfer-encoding': 'chunked' }],
  ['HTTP/2, declared', 2, length],
  ['HTTP/2, not declared', 2, {}],
] as const;

const TYPES: readonly Fields[] = [
  {},
  { 'content-type': '' },
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': 'application/jsonx' },
  { 'content-type': 'application/json, text/plain' },
  { 'content-type': 'application/json text/plain' },
  { 'content-type': 'application/json; charset=utf-7' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': 'application/json; charset=utf-8; charset=utf-7' },
  { 'content-type': 'application/json; charset = utf-7' },
  { 'content-type': 'application/json; charset="utf-7"' },
  { 'content-type': 'application/json; charset="utf\\-7"' },
  { 'content-type': 'application/json; a="; charset=utf-8' },
  { ...json, 'content-encoding': 'gzip' },
  { ...json, 'content-encoding': 'identity, gzip' },
];

async function validating() {
  const { url: origin, received } = await startRecorder();
  const schema = { type: 'object', properties: { role: { enum: ['user'] } } };
  const { url } = await startGateway({
    config: {
      server: { tls: pair('server') },
      upstreams: { up: { targets: [origin] } },
      routes: {
        a: { match: { path: '/a' }, upstream: 'up', validate: { body: schema } },
        bff: { match: { path: '/bff/*' }, bff: fixture('validating-bff') },
        writes: {
          match: { path: '/writes' },
          aggregate: { part: { upstream: 'up', path: '/x', method: 'POST', required: true } },
        },
      },
    },
  });
  const session = await openH2(url);
  const send = (version: 1 | 2, path: string, fields: Fields, body?: string, method = 'POST') =>
    version === 2
      ? fetchH2(session, { ':path': path, ':method': method, ...fields }, body)
      : ask(url, { path, method, headers: fields, ALPNProtocols: ['http/1.1'] }, body);
  return { received, send };
}

describe.each(WAYS)('over %s', (_name, version, framing) => {
  test('whatever has a body that is not plain JSON is 415, and calls nobody', async () => {
    const { send, received } = await validating();
    for (const method of ['POST', 'PUT', 'DELETE']) {
      for (const type of TYPES) {
        const { status } = await send(version, '/a', { ...type, ...framing }, text, method);
        expect([method, type, status]).toEqual([method, type, 415]);
      }
    }
    expect(received).toEqual([]);
  });

  test.each([
    'application/json',
    'Application/JSON;charset=UTF-8',
    'application/json ; charset="utf-8"; a="b;c"',
    'application/merge-patch+json;',
  ])('%s is read', async (type) => {
    const { send, received } = await validating();
    const { status } = await send(version, '/a', { 'content-type': type, ...framing }, text);
    expect([status, received[0]?.body.toString()]).toEqual([200, text]);
  });

  test('the endpoint of a BFF has its body by type, or answers 415', async () => {
    const { send } = await validating();
    const body = '{"id":7}';
    const framed = 'content-length' in framing ? { 'content-length': '8' } : framing;
    expect(await send(version, '/bff/echo', { ...json, ...framed }, body)).toMatchObject({
      status: 200,
    });
    const untyped = await send(version, '/bff/echo', framed, body);
    expect(untyped.status).toBe(415);
    expect((JSON.parse(untyped.body.toString()) as Problem).type).toContain('GW_MEDIA_TYPE');
  });

  test('the part that writes is told how its body is encoded', async () => {
    const { send, received } = await validating();
    await send(version, '/writes', { ...json, 'content-encoding': 'gzip', ...framing }, text);
    expect(received[0]?.headers).toMatchObject({ ...json, 'content-encoding': 'gzip' });
    expect(received[0]?.body.toString()).toBe(text);
  });
});

test.each([1, 2] as const)('what has no body need have no type: HTTP/%i', async (version) => {
  const { send } = await validating();
  expect((await send(version, '/a', {}, undefined, 'GET')).status).toBe(200);
  // In HTTP/2 an open stream may turn out to be empty.
  expect((await send(version, '/a', {}, '', 'DELETE')).status).toBe(200);
  expect((await send(version, '/a', { 'content-length': '0' }, '', 'DELETE')).status).toBe(200);
  expect((await send(version, '/a', {}, '', 'POST')).status).toBe(400);
  expect((await send(version, '/bff/echo', {}, '', 'POST')).status).toBe(400);
});
