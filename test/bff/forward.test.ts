/** `app.forward`: passing requests through a BFF, with real upstreams. */
import { once } from 'node:events';
import { type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { describe, expect, test } from 'vitest';
import { type Bff, type BffApp, defineBff, type ForwardOptions, z } from 'portico';
import { eventually, nobody, startUpstream } from '../helpers/upstream.ts';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';

const forwarding = (pattern: string, options?: ForwardOptions): Bff<'files'> =>
  defineBff({ upstreams: ['files'] }, (app) => app.forward(pattern, 'files', options));

/** Mounted at /m, over a real upstream. */
async function mounted(
  bff: Bff<'files'>,
  listener: (request: IncomingMessage, response: ServerResponse) => void = echo,
  { route = {}, files = {} }: { readonly route?: object; readonly files?: object } = {},
) {
  const upstream = await startUpstream(listener);
  const gateway = await startGateway({
    bff,
    route: { match: { path: '/m/*' }, ...route },
    config: { upstreams: { files: { targets: [upstream.url], ...files } } },
  });
  return { ...gateway, upstream };
}

/** Says what it was sent. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  void request.toArray().then((chunks) => {
    const { method, url, headers } = request;
    const body = Buffer.concat(chunks as Buffer[]).toString();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method, url, headers, body }));
  });
}

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}
const echoed = async (response: Response): Promise<Echo> => (await response.json()) as Echo;

describe('app.forward', () => {
  test.each<readonly [string, string | undefined, string, string]>([
    ['/images/*', undefined, '/m/images/a/b.png?w=1', '/images/a/b.png?w=1'],
    ['/images/*', undefined, '/m/images', '/images'],
    ['/images/*', '/static/*', '/m/images/a/b.png?w=1', '/static/a/b.png?w=1'],
    ['/images/*', '/static/*', '/m/images', '/static'],
    ['/images/*', '/*', '/m/images/a', '/a'],
    ['/images/*', '/one', '/m/images/a', '/one'],
    ['/*', undefined, '/m/anything/at/all', '/anything/at/all'],
    ['/*', '/v1/*', '/m/a', '/v1/a'],
    ['/*', undefined, '/m', '/'],
    ['/logo.png', '/assets/logo.png', '/m/logo.png', '/assets/logo.png'],
    ['/orders/:id/files/*', '/files/{id}/*', '/m/orders/a%20b/files/x', '/files/a%20b/x'],
    ['/orders/:id/invoice', '/invoices/{id}', '/m/orders/%C3%BC/invoice', '/invoices/%C3%BC'],
    // As they came: no other reading of a path may reach the upstream.
    ['/images/*', '/static/*', '/m/images/a%20{b}%22', '/static/a%20%7Bb%7D%22'],
    ['/images/*', '/static/*', '/m/images/%7e//x/../y', '/static/~/y'],
  ])('sends %s, rewritten as %s: %s as %s', async (pattern, rewrite, path, sent) => {
    const bff = forwarding(pattern, rewrite === undefined ? {} : { rewrite });
    const { url } = await mounted(bff);
    expect(JSON.parse((await rawGet(url, path)).body)).toMatchObject({ url: sent });
  });

  test.each(['/m/images/..%2f..%2fadmin', '/m/images/%5c..%5cadmin', '/m/images/..;/admin'])(
    'refuses %s',
    async (path) => {
      const { url, upstream } = await mounted(forwarding('/images/*', { rewrite: '/static/*' }));
      expect([(await rawGet(url, path)).status, upstream.hits]).toEqual([400, 0]);
    },
  );

  test('serves no other path, and above its pattern nothing', async () => {
    const { url, upstream } = await mounted(forwarding('/images/*'));
    const statuses = [];
    for (const path of ['/m/imagesx', '/m/other', '/m', '/m/images/../other']) {
      statuses.push((await rawGet(url, path)).status);
    }
    expect([statuses, upstream.hits]).toEqual([[404, 404, 404, 404], 0]);
  });

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'forwards %s, as far as it is not told otherwise',
    async (method) => {
      const { fetch } = await mounted(forwarding('/*'), (request, response) => {
        response.setHeader('x-method', request.method!);
        response.end();
      });
      const response = await fetch('/m/a', { method });
      expect([response.status, response.headers.get('x-method')]).toEqual([200, method]);
    },
  );

  test('forwards only the methods that it is told', async () => {
    const { fetch, upstream } = await mounted(forwarding('/*', { methods: ['GET'] }));
    const statuses = [];
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      statuses.push((await fetch('/m/a', { method })).status);
    }
    expect([statuses, upstream.hits]).toEqual([[200, 200, 404], 2]);
  });

  test.each([
    ['application/json', '{"a":1}'],
    ['application/json', '{ not JSON'],
    ['text/plain; charset=latin1', '\u00e9'],
    ['application/x-www-form-urlencoded', 'a=1&b=2'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/x-unheard-of', 'x'],
    [undefined, 'x'],
  ])('leaves a body of type %s as it is', async (type, text) => {
    const { url } = await mounted(forwarding('/*'));
    const bytes = Buffer.from(text, 'latin1');
    const headers = { ...(type && { 'content-type': type }), 'content-length': bytes.length };
    const sent = ask(`${url}/m/a`, { method: 'POST', headers }).end(bytes);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const { body, headers: got } = JSON.parse(await textOf(response)) as Echo;
    expect([body, got['content-type'], got['content-length']]).toEqual([
      bytes.toString(),
      type,
      String(bytes.length),
    ]);
  });

  test('leaves compressed bodies as they are, in both directions', async () => {
    const zipped = gzipSync('x'.repeat(1_000));
    const { url } = await mounted(forwarding('/*'), (request, response) => {
      void request.toArray().then((chunks) => {
        const isSame = Buffer.concat(chunks as Buffer[]).equals(zipped);
        response.writeHead(isSame ? 200 : 500, { 'content-encoding': 'gzip' }).end(zipped);
      });
    });
    const headers = { 'content-encoding': 'gzip', 'content-type': 'application/json' };
    const sent = ask(`${url}/m/a`, { method: 'POST', headers }).end(zipped);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const got = Buffer.concat((await response.toArray()) as Buffer[]);
    expect([response.statusCode, got.equals(zipped)]).toEqual([200, true]);
  });

  test('streams an upload and its answer, piece by piece', async () => {
    const { url } = await mounted(forwarding('/*'), (request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      request.pipe(response);
    });
    const sent = ask(`${url}/m/a`, { method: 'POST' });
    // More than is collected before a call.
    sent.write(Buffer.alloc(100_000, 'a'));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let received = 0;
    response.on('data', (chunk: Buffer) => (received += chunk.length));
    await eventually(() => received === 100_000);
    sent.end('b');
    await eventually(() => received === 100_001);
  });

  test('refuses a body over the limit of the route', async () => {
    const { fetch, upstream } = await mounted(forwarding('/*'), echo, {
      route: { limits: { body: '1KiB' } },
    });
    const response = await fetch('/m/a', { method: 'POST', body: 'x'.repeat(2_000) });
    expect([response.status, await codeOf(response), upstream.hits]).toEqual([
      413,
      'GW_BODY_TOO_LARGE',
      0,
    ]);
  });

  test('answers Expect: 100-continue itself', async () => {
    const { url } = await mounted(forwarding('/*'));
    const sent = ask(`${url}/m/a`, { method: 'PUT', headers: { expect: '100-continue' } });
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.end('body');
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const { body, headers } = JSON.parse(await textOf(response)) as Echo;
    expect([body, headers['expect']]).toEqual(['body', undefined]);
  });

  test('sends the fields of the gateway, and none of the client that would pretend them', async () => {
    const { fetch } = await mounted(forwarding('/*'));
    const headers = {
      'x-forwarded-for': '10.0.0.1',
      'x-real-ip': '10.0.0.1',
      connection: 'x-drop',
      'x-drop': '1',
      'x-kept': '1',
      te: 'gzip',
    };
    const { headers: sent } = await echoed(await fetch('/m/a', { headers }));
    expect(sent).toMatchObject({
      via: '1.1 portico',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-request-id': expect.any(String),
      'x-kept': '1',
    });
    expect(sent['x-real-ip']).toBeUndefined();
  });

  const CLIENTS = {
    authorization: 'Bearer t',
    cookie: 'sid=1',
    'x-api-key': 'k',
    'x-other': '1',
    accept: 'image/png',
    range: 'bytes=0-1',
  };
  test.each<readonly [readonly string[] | undefined, readonly string[]]>([
    [undefined, ['accept', 'range', 'x-other']],
    [
      ['*', 'Authorization'],
      ['accept', 'authorization', 'range', 'x-other'],
    ],
    [['cookie'], ['cookie']],
    [[], []],
  ])('passes on of the fields of the client, given %j: %j', async (forwardHeaders, names) => {
    const bff = forwarding('/*', forwardHeaders === undefined ? {} : { forwardHeaders });
    const { fetch } = await mounted(bff);
    const { headers } = await echoed(await fetch('/m/a', { headers: CLIENTS }));
    expect(
      Object.keys(CLIENTS)
        .filter((name) => name in headers)
        .toSorted(),
    ).toEqual(names);
  });

  test('tells what describes a body even where only some fields are passed on', async () => {
    const { fetch } = await mounted(forwarding('/*', { forwardHeaders: [] }));
    const headers = { 'content-type': 'text/x', 'x-a': '1' };
    const init = { method: 'POST', body: 'x', headers };
    expect((await echoed(await fetch('/m/a', init))).headers).toMatchObject({
      'content-type': 'text/x',
      'content-length': '1',
    });
  });

  test('gives the head as the upstream wrote it, without what is of its connection', async () => {
    const { fetch } = await mounted(forwarding('/*'), (_request, response) => {
      response.writeHead(206, {
        'content-type': 'image/png',
        'content-range': 'bytes 0-1/9',
        'set-cookie': ['a=1', 'b=2'],
        etag: '"1"',
        connection: 'x-drop',
        'x-drop': '1',
        'proxy-authenticate': 'Basic',
      });
      response.end('xx');
    });
    const { status, headers } = await fetch('/m/a');
    expect([status, headers.get('content-range'), headers.get('etag'), headers.get('via')]).toEqual(
      [206, 'bytes 0-1/9', '"1"', '1.1 portico'],
    );
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect([headers.get('x-drop'), headers.get('proxy-authenticate')]).toEqual([null, null]);
  });

  test.each([
    [204, undefined],
    [304, undefined],
    [404, '{"no":"such file"}'],
    [500, 'broken'],
    [503, 'busy'],
    [599, 'odd'],
  ])('gives an answer of status %i as it is', async (status, body) => {
    const { fetch, upstream } = await mounted(
      forwarding('/*'),
      (_request, response) => response.writeHead(status).end(body),
      { files: { retry: false } },
    );
    const response = await fetch('/m/a');
    expect([response.status, await response.text(), response.headers.get('content-type')]).toEqual([
      status,
      body ?? '',
      null,
    ]);
    expect(upstream.hits).toBe(1);
  });

  test('tells the length of what HEAD asks about', async () => {
    const { fetch } = await mounted(forwarding('/*'), (_request, response) => {
      response.writeHead(200, { 'content-length': 1_000, 'content-type': 'image/png' }).end();
    });
    const { headers } = await fetch('/m/a', { method: 'HEAD' });
    expect(headers.get('content-length')).toBe('1000');
  });

  test('retries as the upstream says, and never more', async () => {
    const retry = { attempts: 2, on: [503], backoff: '1ms' };
    const { fetch, upstream } = await mounted(
      forwarding('/*'),
      (_request, response) => response.writeHead(503, { 'retry-after': '0' }).end(),
      { files: { retry } },
    );
    expect([(await fetch('/m/a')).status, upstream.hits]).toEqual([503, 2]);
  });

  test('answers with a problem document if the upstream cannot be reached, without its address', async () => {
    const target = await nobody();
    const { fetch } = await startGateway({
      bff: forwarding('/*'),
      config: { upstreams: { files: { targets: [target], retry: false } } },
    });
    const response = await fetch('/a');
    const text = await response.text();
    expect([response.status, response.headers.get('content-type')]).toEqual([
      502,
      'application/problem+json',
    ]);
    expect(text).toContain('urn:portico:error:GW_UPSTREAM_CONNECT');
    expect(text).not.toContain(new URL(target).port);
  });

  test('cuts an answer that the upstream cuts', async () => {
    const { fetch } = await mounted(forwarding('/*'), (_request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('abc', () => setTimeout(() => response.socket?.destroy(), 20));
    });
    const response = await fetch('/m/a');
    await expect(response.text()).rejects.toThrow();
  });

  test('ends the call once the client has left', async () => {
    const { url, upstream } = await mounted(forwarding('/*'), () => undefined);
    const sent = ask(`${url}/m/a`).end();
    sent.on('error', () => undefined);
    await eventually(() => upstream.hits === 1);
    sent.destroy();
    await eventually(() => upstream.open === 0, 1_000);
  });

  test('runs the hooks of the BFF, before and after', async () => {
    const bff = defineBff({ upstreams: ['files'] }, (app) => {
      app.addHook('preHandler', async (request) => {
        if (request.headers['x-no'] !== undefined)
          throw Object.assign(new Error('no'), { statusCode: 403 });
      });
      app.addHook('onSend', async (_request, reply) => void reply.header('x-hook', '1'));
      app.forward('/*', 'files');
    });
    const { fetch, upstream } = await mounted(bff);
    expect((await fetch('/m/a')).headers.get('x-hook')).toBe('1');
    expect([(await fetch('/m/a', { headers: { 'x-no': '1' } })).status, upstream.hits]).toEqual([
      403, 1,
    ]);
  });

  test('is beside the endpoints of the BFF, which win', async () => {
    const bff = defineBff({ upstreams: ['files'] }, (app) => {
      app.forward('/files/*', 'files');
      const schema = { response: { 200: z.object({ own: z.boolean() }) } };
      app.get('/files/own', { schema }, async () => ({ own: true }));
      void app.register(async (inner: FastifyInstance) => inner.forward('/*', 'files'), {
        prefix: '/nested',
      });
    });
    const { fetch, upstream } = await mounted(bff);
    expect(await (await fetch('/m/files/own')).json()).toEqual({ own: true });
    expect(await echoed(await fetch('/m/files/a'))).toMatchObject({ url: '/files/a' });
    expect(await echoed(await fetch('/m/nested/a'))).toMatchObject({ url: '/nested/a' });
    expect(upstream.hits).toBe(2);
  });

  test('takes the options of an endpoint, and is one in the metrics', async () => {
    const bff = forwarding('/*', {
      config: { portico: { rateLimit: { max: 1, window: '1m', by: 'route' } } },
    });
    const upstream = await startUpstream(echo);
    const { fetch, gateway } = await startGateway({
      bff,
      route: { match: { path: '/m/*' } },
      config: { admin: { port: 0 }, upstreams: { files: { targets: [upstream.url] } } },
    });
    expect([(await fetch('/m/a')).status, (await fetch('/m/a')).status]).toEqual([200, 429]);
    const metrics = await (await globalThis.fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/portico_requests_total\{.*endpoint="\/\*".*status="200".*\} 1/);
  });

  test.each<readonly [string, string, object, string]>([
    [
      'images/*',
      'files',
      {},
      'the pattern is a path such as /images/*, /logo.png or /orders/:id/invoice',
    ],
    [
      '/a/*/b',
      'files',
      {},
      'the pattern is a path such as /images/*, /logo.png or /orders/:id/invoice',
    ],
    [
      '/a;x',
      'files',
      {},
      'the pattern is a path such as /images/*, /logo.png or /orders/:id/invoice',
    ],
    ['/*', 'file', {}, 'defineBff does not name this upstream; did you mean "files"?'],
    ['/*', 'files', { rewrit: '/' }, 'unknown option "rewrit"; did you mean "rewrite"?'],
    ['/*', 'files', { rewrite: 'static/*' }, 'rewrite is a path such as /static/* or /files/{id}'],
    [
      '/a',
      'files',
      { rewrite: '/b/*' },
      'rewrite ends in * but the pattern does not: there is nothing to keep',
    ],
    ['/:id', 'files', { rewrite: '/{ident}' }, 'rewrite: the pattern has no parameter :ident'],
    ['/*', 'files', { rewrite: '/a/../b' }, 'rewrite is not a canonical path: use "/b"'],
    ['/*', 'files', { rewrite: '/{a' }, 'rewrite: "/{a" has an unmatched brace'],
    ['/*', 'files', { methods: [] }, "methods is a list such as ['GET']"],
    ['/*', 'files', { methods: ['get'] }, "methods: 'get' is not served"],
    ['/*', 'files', { methods: ['TRACE'] }, "methods: 'TRACE' is not served"],
    [
      '/*',
      'files',
      { forwardHeaders: '*' },
      "forwardHeaders is a list such as ['*', 'authorization']",
    ],
    ['/*', 'files', { forwardHeaders: ['a b'] }, "forwardHeaders: 'a b' is not a field"],
  ])('refuses %s to %s with %j', async (pattern, upstream, options, why) => {
    const bff = defineBff({ upstreams: ['files'] }, (app) => {
      app.forward(pattern, upstream as 'files', options);
    });
    await expect(mounted(bff)).rejects.toThrow(`app.forward('${pattern}', '${upstream}'): ${why}`);
  });

  test('knows the names of the upstreams', () => {
    const register = (app: BffApp<'files'>): void => {
      app.forward('/*', 'files', { methods: ['GET'] });
      // @ts-expect-error -- not declared
      app.forward('/*', 'other');
      // @ts-expect-error -- no such option
      app.forward('/*', 'files', { retries: 3 });
    };
    expect(register).toBeTypeOf('function');
  });
});

/** With the path as it is written. */
async function rawGet(url: string, path: string) {
  const { hostname, port } = new URL(url);
  const [response] = (await once(ask({ hostname, port, path }).end(), 'response')) as [
    IncomingMessage,
  ];
  return { status: response.statusCode, body: await textOf(response) };
}

const textOf = async (response: IncomingMessage): Promise<string> =>
  Buffer.concat((await response.toArray()) as Buffer[]).toString();
