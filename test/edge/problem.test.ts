import { describe, expect, test } from 'vitest';
import { problem, rawProblem } from '../../src/edge/problem.ts';
import { ERRORS, type ErrorCode, GatewayError } from '../../src/core/errors.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { closedOrigin, startRawUpstream, startUpstream } from '../gateway/support/upstream.ts';

interface Failure {
  readonly origin: () => Promise<string>;
  readonly status: number;
  readonly code: ErrorCode;
  readonly proxyStatus: string;
}

const FAILURES: Readonly<Record<string, Failure>> = {
  'refuses connections': {
    origin: closedOrigin,
    status: 502,
    code: 'GW_UPSTREAM_CONNECT',
    proxyStatus: 'connection_refused',
  },
  'has a name that does not resolve': {
    origin: async () => 'http://nowhere.invalid',
    status: 502,
    code: 'GW_UPSTREAM_CONNECT',
    proxyStatus: 'dns_error',
  },
  'closes before it answers': {
    origin: () => startRawUpstream((socket) => socket.end()),
    status: 502,
    code: 'GW_UPSTREAM_RESET',
    proxyStatus: 'connection_terminated',
  },
  'speaks no HTTP': {
    origin: () => startRawUpstream((socket) => socket.end('SSH-2.0-OpenSSH\r\n\r\n')),
    status: 502,
    code: 'GW_UPSTREAM_PROTOCOL',
    proxyStatus: 'http_protocol_error',
  },
  'does not answer in time': {
    origin: () => startUpstream((request) => request.resume()),
    status: 504,
    code: 'GW_UPSTREAM_TIMEOUT',
    proxyStatus: 'http_response_timeout',
  },
};

/** Internals that must not leak: addresses, names, paths, stacks, codes of libraries. */
const INTERNALS =
  /127\.0\.0\.1|localhost|\.invalid|:\d{4,5}|\/work|node_modules|undici|E[A-Z]{4,}|\n\s+at /;

describe('an upstream that fails', () => {
  test.each(Object.entries(FAILURES))('and %s is a problem document', async (_what, failure) => {
    const { fetch } = await startGateway({
      config: {
        upstreams: {
          up: { targets: [await failure.origin()], timeout: '100ms', retry: false },
        },
        routes: { all: forwardTo('/*') },
      },
    });

    const response = await fetch('/secret-path?token=secret');
    const text = await response.text();

    expect(response.status).toBe(failure.status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('proxy-status')).toBe(`portico; error=${failure.proxyStatus}`);
    const id = response.headers.get('x-request-id');
    expect(JSON.parse(text)).toEqual({
      type: `urn:portico:error:${failure.code}`,
      title: ERRORS[failure.code].title,
      status: failure.status,
      detail: expect.any(String) as unknown,
      instance: `urn:request:${id}`,
    });
    expect(text.replaceAll(id!, '')).not.toMatch(INTERNALS);
    expect(text).not.toContain('secret');
  });

  test('and is no longer called is 503 with Retry-After', async () => {
    const { fetch } = await startGateway({
      config: {
        upstreams: { up: { breaker: { consecutive: 1, open: '5s' }, retry: false } },
        routes: { all: forwardTo('/*') },
      },
      upstreams: { up: () => ({ status: 500 }) },
    });
    await fetch('/');

    const response = await fetch('/');

    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await response.json()).toMatchObject({ type: 'urn:portico:error:GW_CIRCUIT_OPEN' });
  });
});

describe('a problem document', () => {
  test.each(Object.keys(ERRORS) as ErrorCode[])('of %s has the status of its row', (code) => {
    const { status, body, headers } = problem(new GatewayError(code, 'why'), 'id-1');

    const document = JSON.parse(body) as Record<string, unknown>;
    expect(status).toBe(ERRORS[code].status);
    expect(document).toMatchObject({ type: `urn:portico:error:${code}`, status });
    expect(document['detail']).toBe(code === 'GW_INTERNAL' ? undefined : 'why');
    expect(headers['proxy-status']).toMatch(/^portico; error=[a-z_]+$/);
    expect('retry-after' in headers).toBe(status === 503);
  });

  test('rounds Retry-After up to whole seconds', () => {
    const error = new GatewayError('GW_RATE_LIMITED', 'slow down', { retryAfterMs: 1_001 });
    expect(problem(error, 'id').headers['retry-after']).toBe('2');
  });

  test('carries the extension members and fields of its error, which cannot replace its own', () => {
    const error = new GatewayError('GW_REQUEST_INVALID', 'bad', {
      extensions: { errors: [{ pointer: '/a' }] },
      headers: { allow: 'GET', 'content-type': 'text/html' },
    });

    const { headers, body } = problem(error, 'id');

    expect(JSON.parse(body)).toMatchObject({ errors: [{ pointer: '/a' }] });
    expect(headers).toMatchObject({ allow: 'GET', 'content-type': 'application/problem+json' });
  });

  test('in raw form is a complete response with the length of its body', () => {
    const text = rawProblem(new GatewayError('GW_REQUEST_TIMEOUT', 'zu spät'), 'id');

    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 408 /);
    expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
    expect(head).toContain('connection: close');
  });

  test('contains no stack if a plugin throws an unexpected error', async () => {
    const { fetch } = await startGateway({
      config: {
        plugins: {
          faulty: { module: new URL('../plugins/fixtures/faulty.ts', import.meta.url).pathname },
        },
        routes: { all: forwardTo('/*', { faulty: { on: 'request' } }) },
      },
      upstreams: { up: () => ({}) },
    });

    const response = await fetch('/');
    const text = await response.text();

    expect(response.status).toBe(500);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(text).not.toMatch(/boom|at |\.ts/);
  });
});

describe('request ids', () => {
  test('are unique, are passed on and returned, and are never the client’s', async () => {
    const seen: unknown[] = [];
    const { fetch } = await startGateway({
      config: { routes: { all: forwardTo('/*') } },
      upstreams: {
        up: ({ headers, id }) => {
          seen.push([headers['x-request-id'], id]);
          return {};
        },
      },
    });

    const responses = [];
    for (let i = 0; i < 3; i++) {
      responses.push(await fetch('/', { headers: { 'x-request-id': 'mine' } }));
    }

    const ids = responses.map(({ headers }) => headers.get('x-request-id'));
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
    expect(seen).toEqual(ids.map((id) => [id, id]));
  });
});
