import { once } from 'node:events';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { Upload } from '../../src/core/upload.ts';
import { codeOf, type Problem, startGateway } from '../gateway/support/gateway.ts';
import { startRecorder } from '../gateway/support/upstream.ts';
import { request } from '../gateway/support/socket.ts';
import { fixture } from './fixtures/folder.ts';

const order = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer' }, note: { type: 'string' } },
  additionalProperties: false,
};

/** A route `/a/{id}` that validates, to a real upstream. */
async function validating(options: object, more: object = {}, server: object = {}) {
  const { url: origin, received } = await startRecorder();
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const gateway = await startGateway({
    log: pino({ level: 'info' }, sink),
    config: {
      admin: { port: 0 },
      server,
      upstreams: { up: { targets: [origin] } },
      routes: { a: { match: { path: '/a/{id}' }, upstream: 'up', validate: options, ...more } },
    },
  });
  const send = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    gateway.fetch('/a/1', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  return { ...gateway, send, received, lines };
}

describe('body', () => {
  test('that fits goes on byte for byte, with its length', async () => {
    const { send, received } = await validating({ body: order });
    const text = '{ "id": 1.0,\n  "note" : "\\u00e9é" }  ';
    expect((await send(text)).status).toBe(200);
    expect(received[0]?.body.toString()).toBe(text);
    expect(received[0]?.headers['content-length']).toBe(String(Buffer.byteLength(text)));
  });

  test('that comes in chunks goes on whole, too', async () => {
    const { url, received } = await validating({ body: order });
    const { status } = await request(
      url,
      [
        'POST /a/1 HTTP/1.1',
        'host: a',
        'content-type: application/json',
        'transfer-encoding: chunked',
      ],
      '3\r\n{"i\r\n6\r\nd":42}\r\n0\r\n\r\n',
    );
    expect(status).toBe(200);
    expect(received[0]?.body.toString()).toBe('{"id":42}');
  });

  test('of many KiB goes on, and again where an attempt fails', async () => {
    const body = JSON.stringify({ id: 1, note: 'x'.repeat(500_000) });
    let calls = 0;
    const { fetch } = await startGateway({
      config: {
        routes: { a: { match: { path: '/a' }, upstream: 'up', validate: { body: order } } },
      },
      upstreams: {
        up: async (call) => {
          calls += 1;
          let size = 0;
          for await (const chunk of (call.body as Upload).open()) size += (chunk as Buffer).length;
          return calls === 1 ? { status: 503 } : { body: { size } };
        },
      },
    });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch('/a', { method: 'PUT', body, headers });
    expect([await response.json(), calls]).toEqual([{ size: body.length }, 2]);
  });

  test('that does not fit is 400 with all that is wrong, and calls nobody', async () => {
    const { send, received } = await validating({ body: order });
    const response = await send('{"note":1,"more":2}');
    const problem = (await response.json()) as Problem;
    expect([response.status, problem.type]).toEqual([400, 'urn:portico:error:GW_REQUEST_INVALID']);
    expect(problem.errors).toEqual([
      { in: 'body', pointer: '/id', detail: 'is required' },
      { in: 'body', pointer: '/more', detail: 'is not allowed' },
      { in: 'body', pointer: '/note', detail: 'must be string' },
    ]);
    expect(received).toEqual([]);
  });

  test.each([
    ['{"id":1,"id":2}', 400, 'GW_REQUEST_INVALID'],
    ['{"id":1,"__proto__":{}}', 400, 'GW_REQUEST_INVALID'],
    ['{"id":', 400, 'GW_REQUEST_INVALID'],
    ['', 400, 'GW_REQUEST_INVALID'],
  ])('%j is %i', async (text, status, code) => {
    const { send, received } = await validating({ body: order });
    const response = await send(text);
    expect([response.status, await codeOf(response), received]).toEqual([status, code, []]);
  });

  test.each(['application/json; charset=UTF-8', 'application/merge-patch+json'])(
    'of the type %s is read',
    async (type) => {
      const { send } = await validating({ body: order });
      expect((await send('{"id":1}', { 'content-type': type })).status).toBe(200);
    },
  );

  test('of GET need not be there', async () => {
    const { fetch } = await validating({ body: order });
    expect((await fetch('/a/1')).status).toBe(200);
  });

  test.each([
    ['declared', ['content-length: 2000'], ''],
    ['in chunks', ['transfer-encoding: chunked'], `7d0\r\n${' '.repeat(2_000)}\r\n0\r\n\r\n`],
  ])('over the limit, %s, is 413', async (_how, fields, body) => {
    const { url, received } = await validating({ body: order }, { limits: { body: '1KiB' } });
    const head = ['POST /a/1 HTTP/1.1', 'host: a', 'content-type: application/json', ...fields];
    expect((await request(url, head, body)).status).toBe(413);
    expect(received).toEqual([]);
  });

  test('that stops coming is 408, and one whose client leaves is given up', async () => {
    const server = { limits: { idle: '200ms' } };
    const { url, received, gateway } = await validating({ body: order }, {}, server);
    const head = [
      'POST /a/1 HTTP/1.1',
      'host: a',
      'content-type: application/json',
      'content-length: 9',
    ];
    expect((await request(url, head, '{"i')).status).toBe(408);
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(`${head.join('\r\n')}\r\n\r\n{"i`);
    await expect.poll(() => gateway.status().inflight).toBe(1);
    socket.destroy();
    await expect.poll(() => gateway.status().inflight).toBe(0);
    expect(received).toEqual([]);
  });

  test('is asked for with 100 Continue, once', async () => {
    const { url } = await validating({ body: order });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const fields = 'content-type: application/json\r\ncontent-length: 8\r\nexpect: 100-continue';
    socket.write(`POST /a/1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${fields}\r\n\r\n`);
    await expect.poll(() => text).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('{"id":1}');
    await once(socket, 'close');
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 200']);
  });
});

describe('a body that was read', () => {
  const json = { 'content-type': 'application/json' };

  test('is there for a BFF, under its mount and under one of its routes', async () => {
    const { fetch } = await startGateway({
      config: {
        routes: {
          bff: {
            match: { path: '/bff/*' },
            bff: fixture('validating-bff'),
            validate: { body: { type: 'object', required: ['id'] } },
          },
        },
      },
    });
    const post = async (path: string, body: string) => {
      const response = await fetch(path, { method: 'POST', body, headers: json });
      return [response.status, ((await response.json()) as { got?: unknown }).got];
    };
    expect(await post('/bff/echo', '{"id":7}')).toEqual([200, 7]);
    expect(await post('/bff/echo', '{}')).toEqual([400, undefined]);
    expect(await post('/bff/small', '{"id":7}')).toEqual([200, 7]);
    expect(await post('/bff/small', '{"id":70}')).toEqual([400, undefined]);
  });

  test('goes to the part of an aggregate that writes', async () => {
    const { url: origin, received } = await startRecorder();
    const { fetch } = await startGateway({
      config: {
        upstreams: { up: { targets: [origin] } },
        routes: {
          a: {
            match: { path: '/a' },
            validate: { body: order },
            aggregate: { part: { upstream: 'up', path: '/x', method: 'POST', required: true } },
          },
        },
      },
    });
    await fetch('/a', { method: 'POST', body: '{"id": 1}', headers: json });
    expect(received[0]?.body.toString()).toBe('{"id": 1}');
  });

  test('keeps its connection, for what comes next on it', async () => {
    const { url } = await validating({ body: order });
    const head = ['POST /a/1 HTTP/1.1', 'host: a', 'content-type: application/json'];
    const bad = await request(url, [...head, 'content-length: 2'], '{}');
    expect([bad.status, bad.headers['connection']]).toEqual([400, 'keep-alive']);
  });
});

describe('query, params and headers', () => {
  const integer = { type: 'integer' };
  const options = {
    params: { type: 'object', properties: { id: { ...integer, maximum: 9 } } },
    query: {
      type: 'object',
      properties: { limit: integer, tag: { type: 'array', items: { type: 'string' } } },
      additionalProperties: false,
    },
    headers: { type: 'object', properties: { 'x-n': integer }, required: ['x-n'] },
  };
  const ask = { headers: { 'X-N': '1' } };

  test('are taken for what the schema says, and go on as they came', async () => {
    const { fetch, received } = await validating(options);
    expect((await fetch('/a/1?limit=5&tag=%78&tag=y', ask)).status).toBe(200);
    expect(received[0]?.url).toBe('/a/1?limit=5&tag=%78&tag=y');
  });

  test.each([
    ['/a/10', ask, { in: 'params', pointer: '/id', detail: 'must be <= 9' }],
    ['/a/01', ask, { in: 'params', pointer: '/id', detail: 'must be integer' }],
    ['/a/1?limit=Infinity', ask, { in: 'query', pointer: '/limit', detail: 'must be integer' }],
    [
      '/a/1',
      { headers: { 'x-n': '1e999' } },
      { in: 'headers', pointer: '/x-n', detail: 'must be integer' },
    ],
    ['/a/1?limit=x', ask, { in: 'query', pointer: '/limit', detail: 'must be integer' }],
    ['/a/1?__proto__=1', ask, { in: 'query', pointer: '/__proto__', detail: 'is not allowed' }],
    ['/a/1', {}, { in: 'headers', pointer: '/x-n', detail: 'is required' }],
  ])('%s with %j is 400', async (path, init, error) => {
    const { fetch, received } = await validating(options);
    const response = await fetch(path, init);
    expect(response.status).toBe(400);
    expect(((await response.json()) as Problem).errors).toEqual([error]);
    expect(received).toEqual([]);
  });
});

describe('mode: report', () => {
  test('lets all pass, as it came, counts it, and tells the log once', async () => {
    const { send, received, gateway, lines } = await validating({ body: order, mode: 'report' });
    const bodies = ['{"id":"x"}', '{"id":', '{"id":1}'];
    for (const body of bodies) expect((await send(body)).status).toBe(200);
    expect((await send('text', { 'content-type': 'text/plain' })).status).toBe(200);
    expect(received.map(({ body }) => body.toString())).toEqual([...bodies, 'text']);
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toContain(
      'portico_invalid_requests_total{route="a",part="body",mode="report"} 3',
    );
    expect(lines.filter((line) => line.includes('would be refused'))).toHaveLength(1);
  });
});

describe('a route is refused', () => {
  test.each([
    [{}, 'validate: checks nothing: give it "openapi: true", or a body, query, params or headers'],
    [
      { body: { type: 'objet' } },
      'validate.body.type: is not a JSON Schema: must be one of array, boolean, integer, ',
    ],
    [
      { body: { properties: { a: { type: 'string', minLength: -1 } }, required: 'a' } },
      'validate.body.required: is not a JSON Schema: must be array',
    ],
    [
      { body: { properties: { 'a/b': { minLength: -1 } } } },
      'validate.body.properties.a/b.minLength: is not a JSON Schema: must be >= 0',
    ],
    [
      { body: { $schema: 'http://json-schema.org/draft-04/schema#' } },
      'validate.body.$schema: is not a JSON',
    ],
    [
      { query: { tpye: 'object' } },
      'validate.query.tpye: is not a JSON Schema keyword; did you mean "type"?',
    ],
    [
      { headers: { type: 'object', properties: { 'X-A': {} } } },
      'validate.headers.properties.X-A: must be in lower case: "x-a"',
    ],
    [{ body: {}, mode: 'tell' }, 'validate.mode: '],
  ])('with %j', async (options, fault) => {
    await expect(validating(options)).rejects.toThrow(fault);
  });
});
