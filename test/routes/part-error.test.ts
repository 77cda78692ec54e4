/** `onError: detail`: what clients are told of a part that failed. */
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FakeUpstream } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { composing } from './composing.ts';

const well: FakeUpstream = () => ({ body: 1 });
const refusing: FakeUpstream = () => ({
  status: 409,
  headers: {
    'content-type': 'application/json',
    'retry-after': '3',
    'set-cookie': 'sid=1',
    server: 'db-7.internal',
    location: 'http://db-7.internal/',
  },
  body: '{"error":"taken","id":9007199254740993}',
});
const TOLD = {
  reason: 'status-409',
  status: 409,
  headers: { 'content-type': 'application/json', 'retry-after': '3' },
};

/** The answer of a part whose upstream is a real server. */
async function toldBy(listener: RequestListener, part: object = {}): Promise<string> {
  const { fetch } = await startGateway({
    config: {
      upstreams: { a: { targets: [await startUpstream(listener)], retry: false } },
      routes: {
        all: {
          match: { path: '/' },
          aggregate: {
            a: { upstream: 'a', path: '/', onError: 'detail', ...part },
            b: { upstream: 'b', path: '/' },
          },
        },
      },
    },
    upstreams: { b: well },
  });
  return (await fetch('/')).text();
}

describe('a part that tells its errors', () => {
  test('has them beside its place: the reason, the status, the body and harmless fields', async () => {
    const { fetch } = await composing(
      { a: { onError: 'detail' }, b: {} },
      { a: refusing, b: well },
    );
    const response = await fetch('/1');
    const { headers, ...rest } = TOLD;
    expect(await response.text()).toBe(
      `{"a_error":${JSON.stringify({ ...rest, headers }).slice(0, -1)},"body":{"error":"taken","id":9007199254740993}},"b":1}`,
    );
    expect(response.headers.get('gateway-degraded')).toBe('a;reason=status-409');
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  test.each([
    [{ as: 'x.y' }, { x: { y_error: TOLD } }],
    [{ spread: true }, { a_error: TOLD }],
    [{ default: 5 }, { a: 5, a_error: TOLD }],
  ])('with %j has them there', async (part, expected) => {
    const { fetch } = await composing(
      { a: { onError: 'detail', ...part }, b: {} },
      { a: refusing, b: well },
    );
    expect(await (await fetch('/1')).json()).toMatchObject({ ...expected, b: 1 });
  });

  test('tells nothing if it has come, and of other failures only the reason', async () => {
    const parts = { a: { onError: 'detail', timeout: '30ms' }, b: { onError: 'detail' } };
    const { fetch } = await composing(parts, { a: () => new Promise(() => {}), b: well });
    expect(await (await fetch('/1')).json()).toEqual({ a_error: { reason: 'timeout' }, b: 1 });
  });

  test('has them in the problem document, if the answer fails', async () => {
    const required = await composing(
      { a: { onError: 'detail', required: true }, b: {} },
      { a: refusing, b: well },
    );
    const response = await required.fetch('/1');
    expect([response.status, await response.json()]).toMatchObject([502, { a_error: TOLD }]);

    const none = await composing({ a: { onError: 'detail' }, b: {} }, { a: refusing, b: refusing });
    const document = await (await none.fetch('/1')).json();
    expect(document).toMatchObject({ status: 502, a_error: TOLD });
    expect(document).not.toHaveProperty('b_error');
  });

  test('tells those of its fallback', async () => {
    const { fetch } = await composing(
      { a: { onError: 'detail', fallback: { upstream: 'c', path: '/' } }, b: {} },
      { a: refusing, b: well, c: () => ({ status: 404, body: 'gone' }) },
    );
    expect(await (await fetch('/1')).json()).toMatchObject({
      a_error: { reason: 'fallback-not-found', status: 404, body: 'gone' },
    });
  });

  test('does not tell what a part that it needs has hidden', async () => {
    const { fetch } = await composing(
      { a: {}, b: { path: '/{a.id}', onError: 'detail' }, c: {} },
      { a: refusing, b: well, c: well },
    );
    expect(await (await fetch('/1')).json()).toEqual({
      b_error: { reason: 'status-409', status: 409 },
      c: 1,
    });
  });

  test.each<readonly [string, RequestListener, unknown]>([
    ['text', (_q, r) => r.writeHead(500).end('out of order'), 'out of order'],
    ['nothing', (_q, r) => r.writeHead(500).end(), null],
    [
      'gzip',
      (_q, r) => r.writeHead(500, { 'content-encoding': 'gzip' }).end(gzipSync('{"x":1}')),
      { x: 1 },
    ],
    ['broken gzip', (_q, r) => r.writeHead(500, { 'content-encoding': 'gzip' }).end('x'), null],
    [
      'latin1',
      (_q, r) =>
        r
          .writeHead(500, { 'content-type': 'text/plain; charset=iso-8859-1' })
          .end(Buffer.from('é', 'latin1')),
      'é',
    ],
    ['a hostile key', (_q, r) => r.writeHead(500).end('{"__proto__":{"x":1},"y":2}'), { y: 2 }],
  ])('tells a body that is %s', async (_what, listener, body) => {
    const told = JSON.parse(await toldBy(listener)) as {
      readonly a_error: { readonly body: unknown };
    };
    expect(told.a_error.body).toEqual(body);
  });

  test('tells the first 4 KiB, and does not wait for the rest', async () => {
    const text = await toldBy((_request, response) => {
      response.writeHead(500).write('x'.repeat(5_000));
    });
    expect(JSON.parse(text)).toMatchObject({
      a_error: { status: 500, body: 'x'.repeat(4_096), truncated: true },
    });
  });

  test('tells what came of a body that was cut', async () => {
    const text = await toldBy((_request, response) => {
      response.writeHead(500, { 'content-length': 100 }).write('half', () => response.destroy());
    });
    expect(JSON.parse(text)).toMatchObject({ a_error: { body: 'half', truncated: true } });
  });

  test('does not wait past its timeout for the body of an error', async () => {
    const text = await toldBy((_request, response) => void response.writeHead(500).write('half'), {
      timeout: '100ms',
    });
    expect(JSON.parse(text)).toMatchObject({ a_error: { status: 500, body: 'half' } });
  });
});
